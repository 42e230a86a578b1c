import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Flags } from '@oclif/core';
import type { AllowedPath, SandboxMode } from '../engine/index.js';
import { didYouMean, FlashError, type Engine } from '../protocol/index.js';
import { nameSource } from '../writer/index.js';
import { parseSize } from './size-text.js';

const folderGroup = 'ENGINE FOLDER';

const sizeFlag = Flags.custom<number>({
  helpGroup: folderGroup,
  helpValue: 'SIZE',
  parse: (text) => Promise.resolve(parseSize(text)),
});

const readOnlyMark = ':ro';

const allowedPathFlag = Flags.custom<AllowedPath>({
  helpGroup: folderGroup,
  helpValue: `DIR[${readOnlyMark}]`,
  parse: (text) => {
    const readOnly = text.endsWith(readOnlyMark);
    return Promise.resolve({
      path: readOnly ? text.slice(0, -readOnlyMark.length) : text,
      readOnly,
    });
  },
});

/** Flags of every command that opens an engine: `{ ...engineFlags }`. */
export const engineFlags = {
  engine: Flags.string({
    summary: 'Folder of the engine that holds the copy, or tcp://host:port of a server.',
    helpValue: 'LOCATION',
    isPath: true,
    default: './theflash-data',
    env: 'THEFLASH_ENGINE',
  }),
  'memory-max': sizeFlag({
    summary: "Cap on the engine's memory, as 4GiB. Default: 0.7 of the machine's.",
  }),
  'query-memory-max': sizeFlag({
    summary: "Cap on one query's memory, as 512MiB. Default: none.",
  }),
  'allow-external': Flags.boolean({
    summary: 'Let SQL leave the folder: file(), url(), mysql(), INTO OUTFILE and the like.',
    helpGroup: folderGroup,
  }),
  'allow-path': allowedPathFlag({
    summary:
      'Open a folder to SQL besides the engine folder: for BACKUP, RESTORE and reading by file().',
    multiple: true,
    isPath: true,
  }),
  sandbox: Flags.option({
    options: ['auto', 'require', 'off'] as const,
    helpGroup: folderGroup,
  })({
    summary: 'Whether the kernel keeps the engine in its folders: where it can, always, never.',
    default: 'auto',
  }),
  'allow-broken': Flags.boolean({
    summary: 'Open the folder although parts of tables were lost, to save what is left.',
    helpGroup: folderGroup,
  }),
};

/** What `engineFlags` come to. Units: sizes in bytes. */
export interface EngineFlags {
  engine: string;
  'memory-max'?: number | undefined;
  'query-memory-max'?: number | undefined;
  'allow-external': boolean;
  'allow-path'?: readonly AllowedPath[] | undefined;
  sandbox: SandboxMode;
  'allow-broken': boolean;
}

/**
 * Opens the engine that `--engine` names. `create` says whether a missing folder is made: a writer
 * wants that, a reader would only hide a mistyped name behind an empty engine.
 *
 * Errors: INVALID_REQUEST for a location of a kind that does not exist, and for flags that only the
 * opener of a folder can give; those of the engine.
 */
export async function openEngine(
  flags: EngineFlags,
  options: { create: boolean },
): Promise<Engine> {
  const location = flags.engine;
  refuseSeveral(location);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 'tcp' || scheme === 'tls') {
    refuseFolderFlags(flags);
    return await openServer(location);
  }
  if (scheme !== undefined) {
    throw new FlashError('INVALID_REQUEST', `No engine is reached by ${scheme}://: ${location}`, {
      hint: 'Give --engine a folder that `theflash write` filled, tcp://host:port or tls://host:port.',
    });
  }
  if (!options.create && !existsSync(location)) throw await noFolder(location);
  // Loaded late: `--help` and wrong usage should not wait for the engine library.
  const { openEmbeddedEngine } = await import('../engine/index.js');
  return openEmbeddedEngine(location, { ...options, ...folderOptions(flags) });
}

/**
 * Refuses several locations between commas; a folder whose name has one stays reachable.
 *
 * Errors: INVALID_REQUEST.
 */
export function refuseSeveral(location: string): void {
  if (!location.includes(',') || existsSync(location)) return;
  throw new FlashError('INVALID_REQUEST', `--engine takes one engine, not several: ${location}`, {
    hint:
      'Give each command one of them. docs/scaling.md shows how a copy is spread over machines: read replicas, ' +
      'tables split by --include, and Spark over several servers.',
  });
}

async function noFolder(location: string): Promise<FlashError> {
  const folder = path.dirname(path.resolve(location));
  const beside = await readdir(folder).catch(() => []);
  const nearest = didYouMean(path.basename(path.resolve(location)), beside);
  return new FlashError('NOT_FOUND', `There is no engine folder ${location}`, {
    hint: `${nearest}\`theflash write\` makes one and fills it; \`theflash sql --create\` makes an empty one.`,
    place: { file: location },
  });
}

/**
 * As `openEngine`, for one of several sources.
 *
 * Errors: also INVALID_REQUEST for a name that can't be.
 */
export async function openSourceEngine(
  flags: EngineFlags & { source?: string | undefined },
  options: { create: boolean },
): Promise<Engine> {
  const engine = await openEngine(flags, options);
  try {
    return nameSource(engine, flags.source);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The flags as `openEmbeddedEngine` takes them. */
export function folderOptions(flags: EngineFlags): {
  memoryBytesMax?: number;
  queryMemoryBytesMax?: number;
  allowExternal: boolean;
  allowPaths: readonly AllowedPath[];
  sandbox: SandboxMode;
  allowBroken: boolean;
} {
  const { 'memory-max': memory, 'query-memory-max': queryMemory } = flags;
  return {
    ...(memory === undefined ? {} : { memoryBytesMax: memory }),
    ...(queryMemory === undefined ? {} : { queryMemoryBytesMax: queryMemory }),
    allowExternal: flags['allow-external'],
    allowPaths: flags['allow-path'] ?? [],
    sandbox: flags.sandbox,
    allowBroken: flags['allow-broken'],
  };
}

function refuseFolderFlags(flags: EngineFlags): void {
  const names = [
    'memory-max',
    'query-memory-max',
    'allow-external',
    'allow-path',
    'allow-broken',
  ] as const;
  const given =
    names.find((name) => flags[name] !== undefined && flags[name] !== false) ??
    (flags.sandbox === 'require' ? 'sandbox' : undefined);
  if (given === undefined) return;
  throw new FlashError('INVALID_REQUEST', `--${given} is for a folder, not for ${flags.engine}`, {
    hint: 'Give it to the `theflash serve` that has the folder open.',
  });
}

/** Token and certificate authority come from the environment, where no list of processes shows them. */
async function openServer(location: string): Promise<Engine> {
  const { openRemoteEngine, readAuthority, readTokenFile } =
    await import('../engine/remote/index.js');
  const { THEFLASH_TOKEN: token, THEFLASH_TOKEN_FILE: file, THEFLASH_CA: authority } = process.env;
  const known = token ?? (file === undefined ? undefined : await readTokenFile(file));
  return await openRemoteEngine(location, {
    ...(known === undefined ? {} : { token: known }),
    ...(authority === undefined ? {} : { ca: await readAuthority(authority) }),
  });
}
