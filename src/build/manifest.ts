import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Libchdb } from './libchdb.js';
import type { PatchSeries } from './patch-series.js';

/** One file of a build. */
export interface ManifestPart {
  path: string;
  bytes: number;
  sha256: string;
}

/** `build/ch/manifest.json`: what was built, of what. */
export interface Manifest {
  theflash: string;
  /** `SELECT version()` of the engine: `26.7.2.1`. */
  engine: string;
  /** chdb_version(): `26.7.3`. */
  chdb: string;
  package: string;
  patchLevel: string;
  patches: readonly string[];
  abi: number;
  parts: readonly ManifestPart[];
  /** A hash of all that the build reads: equal means that there is nothing to do. */
  inputs: string;
}

/** What ch.so says of itself (tf_build_info). */
export interface BuildInfo {
  abi: number;
  engine: string;
  chdb: string;
  patches: readonly string[];
}

/** Reads tf_build_info's JSON; undefined where it has another shape. */
export function parseBuildInfo(text: string): BuildInfo | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  if (!('abi' in json && 'engine' in json && 'chdb' in json && 'patches' in json)) return undefined;
  const { abi, engine, chdb, patches } = json;
  if (typeof abi !== 'number' || typeof engine !== 'string' || typeof chdb !== 'string') {
    return undefined;
  }
  if (!Array.isArray(patches) || !patches.every((each) => typeof each === 'string')) {
    return undefined;
  }
  return { abi, engine, chdb, patches };
}

/**
 * Hashes what a build reads: the files of `sources` (files or folders), the engine by size and time,
 * and the release.
 *
 * Guarantee: the order in which the file system lists files does not matter.
 */
export async function hashInputs(
  sources: readonly string[],
  libchdb: Libchdb,
  release: string,
): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([release, libchdb.packageName, libchdb.version]));
  hash.update(JSON.stringify([libchdb.sizeBytes, libchdb.modifiedMs]));
  for (const source of sources) {
    for (const file of await listFiles(source)) {
      const content = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      hash.update(`${path.relative(source, file)}\0${content}\n`);
    }
  }
  return hash.digest('hex');
}

async function listFiles(source: string): Promise<string[]> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
}

/** Gives the manifest of a folder; undefined where there is none that can be used. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isManifest(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** True where the parts that a manifest names are all there, in their size. */
export async function partsArePresent(manifest: Manifest, folder: string): Promise<boolean> {
  for (const part of manifest.parts) {
    const found = await stat(path.join(folder, part.path)).catch(() => undefined);
    if (found?.size !== part.bytes) return false;
  }
  return true;
}

/** Writes the manifest of a finished build: a reader sees the old one or the new one, whole. */
export async function writeManifest(manifest: Manifest, folder: string): Promise<void> {
  const file = path.join(folder, 'manifest.json');
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Gives what a manifest says of the series. */
export function seriesOf(series: PatchSeries): Pick<Manifest, 'patchLevel' | 'patches'> {
  return { patchLevel: series.level, patches: series.patches.map((patch) => patch.name) };
}

/** Measures one part of a build. */
export async function measurePart(folder: string, name: string): Promise<ManifestPart> {
  const file = path.join(folder, name);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    if (!Buffer.isBuffer(chunk))
      throw new TypeError('a file stream without encoding gives buffers');
    hash.update(chunk);
  }
  return { path: name, bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

function isManifest(json: unknown): json is Manifest {
  if (typeof json !== 'object' || json === null) return false;
  if (!('inputs' in json && 'parts' in json && 'abi' in json)) return false;
  if (typeof json.inputs !== 'string' || !Array.isArray(json.parts)) return false;
  return json.parts.every(
    (part: unknown) =>
      typeof part === 'object' && part !== null && 'path' in part && 'bytes' in part,
  );
}
