import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FlashError } from '../protocol/index.js';
import { type Check, parseCheck } from './check-format.js';

/** One patch of `ch-patches/`: its settings and the checks that prove it. */
export interface Patch {
  name: string;
  summary: string;
  /** The oldest engine release that the patch was proven on: `26.5`. */
  since: string;
  /** The patch is behaviour of native/src/sql: its checks run through it. */
  sqlLayer: boolean;
  /** `--allow-external` leaves the patch out. */
  droppedByAllowExternal: boolean;
  /** Fragments of the server and the user configuration, where it has them. */
  configXml: string | undefined;
  usersXml: string | undefined;
  checks: readonly Check[];
}

/** The patches in their order, and the two files that they are laid on. */
export interface PatchSeries {
  patches: readonly Patch[];
  baseConfigXml: string;
  baseUsersXml: string;
  /** A hash over all that the series says: folders of different levels are not the same engine. */
  level: string;
}

/**
 * Reads the series of a `ch-patches` folder.
 *
 * Errors: TOOL where a file is missing or says something unknown, with its name.
 */
export async function readPatchSeries(folder: string): Promise<PatchSeries> {
  const seriesFile = path.join(folder, 'series');
  const names = parseSeries(await readText(seriesFile), seriesFile);
  const patches: Patch[] = [];
  for (const name of names) patches.push(await readPatch(path.join(folder, name), name));
  const baseConfigXml = await readText(path.join(folder, 'base', 'config.xml'));
  const baseUsersXml = await readText(path.join(folder, 'base', 'users.xml'));
  const level = hashLevel([baseConfigXml, baseUsersXml], patches);
  return { patches, baseConfigXml, baseUsersXml, level };
}

/** Gives the names that a series file lists. Errors: TOOL for a name twice or one that is no name. */
export function parseSeries(text: string, file: string): string[] {
  const names: string[] = [];
  for (const line of text.split('\n')) {
    const name = line.trim();
    if (name === '' || name.startsWith('#')) continue;
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
      throw badPatch(`${file} lists "${name}", which is not a patch name (a-z, 0-9 and dashes)`);
    }
    if (names.includes(name)) throw badPatch(`${file} lists ${name} twice`);
    names.push(name);
  }
  return names;
}

async function readPatch(folder: string, name: string): Promise<Patch> {
  const header = parseHeader(await readText(path.join(folder, 'patch.json')), name);
  const files = await readdir(folder);
  const optional = async (file: string): Promise<string | undefined> =>
    files.includes(file) ? await readText(path.join(folder, file)) : undefined;
  const checks: Check[] = [];
  for (const file of files.filter((each) => each.endsWith('.test')).sort()) {
    checks.push(parseCheck(await readText(path.join(folder, file)), `${name}/${file}`));
  }
  if (checks.length === 0) throw badPatch(`patch ${name} has no check: add ${name}/check.test`);
  return {
    name,
    ...header,
    configXml: await optional('config.xml'),
    usersXml: await optional('users.xml'),
    checks,
  };
}

type Header = Pick<Patch, 'summary' | 'since' | 'sqlLayer' | 'droppedByAllowExternal'>;

/** Gives what a patch.json says. Errors: TOOL where a member is missing, unknown or of another type. */
export function parseHeader(text: string, name: string): Header {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badPatch(`${name}/patch.json is not JSON`, cause);
  }
  if (typeof json !== 'object' || json === null) throw badPatch(`${name}/patch.json is no object`);
  const members = new Map(Object.entries(json));
  const header = {
    summary: takeMember(members, 'summary', 'string', name),
    since: takeMember(members, 'since', 'string', name),
    sqlLayer: takeMember(members, 'sqlLayer', 'boolean', name),
    droppedByAllowExternal: takeMember(members, 'droppedByAllowExternal', 'boolean', name),
  };
  const [unknown] = members.keys();
  if (unknown !== undefined) throw badPatch(`${name}/patch.json: unknown member "${unknown}"`);
  return header;
}

interface MemberTypes {
  string: string;
  boolean: boolean;
}

function takeMember<T extends keyof MemberTypes>(
  members: Map<string, unknown>,
  member: string,
  type: T,
  name: string,
): MemberTypes[T] {
  const value = members.get(member);
  if (!isOfType(value, type)) {
    throw badPatch(`${name}/patch.json: "${member}" must be a ${type}`);
  }
  members.delete(member);
  return value;
}

function isOfType<T extends keyof MemberTypes>(value: unknown, type: T): value is MemberTypes[T] {
  return typeof value === type;
}

// Checks are left out: a check that is made sharper does not change the engine.
function hashLevel(base: readonly string[], patches: readonly Patch[]): string {
  const said = patches.map((patch) => [patch.name, patch.configXml ?? '', patch.usersXml ?? '']);
  return createHash('sha256')
    .update(JSON.stringify([base, said]))
    .digest('hex')
    .slice(0, 12);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw badPatch(`${file} can't be read`, cause);
  }
}

function badPatch(message: string, cause?: unknown): FlashError {
  return new FlashError('TOOL', message, { hint: 'See ch-patches/README.md.', cause });
}
