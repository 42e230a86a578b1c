import { mkdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execa } from 'execa';
import { FlashError } from '../protocol/index.js';
import type { Steps } from './steps.js';

/** A libchdb that npm brought. */
export interface Libchdb {
  /** npm name and version: `@chdb/lib-linux-x64-gnu`, `26.7.3-stable.1`. */
  packageName: string;
  version: string;
  /** Absolute path of libchdb.so. */
  file: string;
  sizeBytes: number;
  /** Stands for the content, so that half a gigabyte need not be hashed at each run. */
  modifiedMs: number;
}

/** npm package of libchdb for a platform. Errors: TOOL where there is none. */
export function libchdbPackage(platform: string, arch: string): string {
  const packages = new Map([
    ['linux-x64', '@chdb/lib-linux-x64-gnu'],
    ['linux-arm64', '@chdb/lib-linux-arm64-gnu'],
    ['darwin-x64', '@chdb/lib-darwin-x64'],
    ['darwin-arm64', '@chdb/lib-darwin-arm64'],
  ]);
  const name = packages.get(`${platform}-${arch}`);
  if (name !== undefined) return name;
  throw new FlashError('TOOL', `There is no libchdb for ${platform} on ${arch}.`, {
    hint: `It exists for ${[...packages.keys()].join(', ')}.`,
  });
}

/** Finds the libchdb that the project's package.json pins. Errors: TOOL where it is not installed. */
export async function findPinnedLibchdb(root: string): Promise<Libchdb> {
  const packageName = libchdbPackage(process.platform, process.arch);
  const require = createRequire(path.join(root, 'package.json'));
  let manifest: string;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch (cause) {
    throw new FlashError('TOOL', `${packageName}, which holds the engine, is not installed.`, {
      hint: `Run: npm install --include=optional (in ${root})`,
      cause,
    });
  }
  return await readLibchdb(path.dirname(manifest), packageName);
}

/**
 * Finds a published version: in node_modules where it is the pinned one, else in `cacheFolder`, to
 * which npm fetches it once.
 *
 * Errors: TOOL where npm can't be run or knows no such version.
 */
export async function fetchLibchdb(
  version: string,
  root: string,
  cacheFolder: string,
  steps: Steps,
): Promise<Libchdb> {
  if (!/^[0-9A-Za-z.+-]+$/.test(version)) {
    throw new FlashError('INVALID_REQUEST', `"${version}" is no version of libchdb.`, {
      hint: 'A version looks like 26.7.3-stable.1.',
    });
  }
  const pinned = await findPinnedLibchdb(root).catch(() => undefined);
  if (pinned?.version === version) return pinned;
  const packageName = libchdbPackage(process.platform, process.arch);
  const prefix = path.join(cacheFolder, version);
  const folder = path.join(prefix, 'node_modules', ...packageName.split('/'));
  try {
    return await readLibchdb(folder, packageName);
  } catch {
    // Not fetched yet, or only in part: npm mends both.
  }
  await mkdir(prefix, { recursive: true });
  await steps.run(`fetch ${packageName}@${version}`, async () => {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--force'];
    const wanted = `${packageName}@${version}`;
    const { exitCode, all } = await execa(
      'npm',
      ['install', '--prefix', prefix, ...flags, wanted],
      {
        reject: false,
        all: true,
        stdin: 'ignore',
      },
    );
    if (exitCode === 0) return;
    throw new FlashError('TOOL', `npm could not fetch ${wanted}: ${lastLines(all)}`, {
      hint: `Published versions: npm view ${packageName} versions`,
    });
  });
  return await readLibchdb(folder, packageName);
}

/** Gives the published versions, oldest first. Errors: TOOL where the registry can't be asked. */
export async function publishedVersions(packageName: string): Promise<string[]> {
  const asked = await execa('npm', ['view', packageName, 'versions', '--json'], {
    reject: false,
    stdin: 'ignore',
  });
  const listed: unknown = asked.exitCode === 0 ? JSON.parse(asked.stdout) : undefined;
  if (!Array.isArray(listed) || !listed.every((each) => typeof each === 'string')) {
    const why = lastLines(asked.stderr);
    throw new FlashError('TOOL', `npm could not list the versions of ${packageName}: ${why}`, {
      hint: 'Is the npm registry reachable?',
    });
  }
  return listed;
}

async function readLibchdb(folder: string, packageName: string): Promise<Libchdb> {
  const file = path.join(folder, 'libchdb.so');
  const json: unknown = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const { size, mtimeMs } = await stat(file);
  const hasVersion = typeof json === 'object' && json !== null && 'version' in json;
  const version = hasVersion ? String(json.version) : 'unknown';
  return { packageName, version, file, sizeBytes: size, modifiedMs: Math.trunc(mtimeMs) };
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ');
}
