import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { FlashError } from '../protocol/index.js';
import { type CheckTarget, engineVersion, provePatch } from './check-runner.js';
import { buildWithCmake, type CmakeProject, linkLibchdb, writeIfChanged } from './compile.js';
import { fetchLibchdb, findPinnedLibchdb, type Libchdb } from './libchdb.js';
import {
  type BuildInfo,
  hashInputs,
  type Manifest,
  measurePart,
  parseBuildInfo,
  partsArePresent,
  readManifest,
  seriesOf,
  writeManifest,
} from './manifest.js';
import { overlayHeader } from './overlay.js';
import { type PatchSeries, readPatchSeries } from './patch-series.js';
import type { Steps } from './steps.js';
import { findToolchain, type Toolchain } from './toolchain.js';

export interface BuildRequest {
  /** The project's folder: native/, ch-patches/ and build/ lie in it. */
  root: string;
  /** A published engine to build against instead of the pinned one. */
  chVersion?: string | undefined;
  steps: Steps;
  /** PATH, for the search of compilers. */
  searchPath: string;
}

/** What a build reads; native/test is no part of it. */
const buildSources = [
  'ch-patches',
  'native/CMakeLists.txt',
  'native/include',
  'native/src',
  'native/tools',
];

export interface BuildResult {
  manifest: Manifest;
  /** False where everything was built already. */
  rebuilt: boolean;
}

/**
 * Builds `build/ch/ch.so` of the patched engine, proves each patch, and writes the manifest.
 *
 * Guarantee: a manifest is there only for a build whose patches all held and whose ch.so ran. A run
 * with nothing changed does nothing.
 * Errors: TOOL where a program is missing or fails, or a patch does not hold.
 */
export async function buildEngine(request: BuildRequest): Promise<BuildResult> {
  const { root, steps } = request;
  const folder = path.join(root, 'build', 'ch');
  const libchdb = await chooseLibchdb(request);
  const release = await projectVersion(root);
  const inputs = await hashInputs(sourcesOf(root), libchdb, release);
  const present = await readManifest(folder);
  if (present?.inputs === inputs && (await partsArePresent(present, folder))) {
    return { manifest: present, rebuilt: false };
  }
  const toolchain = await findToolchain(request.searchPath);
  await mkdir(folder, { recursive: true });
  await rm(path.join(folder, 'manifest.json'), { force: true });
  const series = await readPatchSeries(path.join(root, 'ch-patches'));
  const tools = await buildTools(root, toolchain, steps);
  const target = { tfCheck: tools.tfCheck, libchdb: libchdb.file };
  const version = await steps.run(`start libchdb ${libchdb.version}`, () =>
    engineVersion(series, target),
  );
  await proveSeries(series, target, steps);
  await writeIfChanged(path.join(folder, 'overlay', 'theflash_overlay.h'), overlayHeader(series));
  await linkLibchdb(libchdb.file, folder);
  await buildChSo(root, version, toolchain, steps);
  const info = await smokeTest(tools.tfSmoke, path.join(folder, 'ch.so'), steps);
  const parts = await steps.run('hash the parts', async () => [
    await measurePart(folder, 'ch.so'),
    await measurePart(folder, 'libchdb.so'),
  ]);
  const manifest: Manifest = {
    theflash: release,
    engine: info.engine,
    chdb: info.chdb,
    package: `${libchdb.packageName}@${libchdb.version}`,
    ...seriesOf(series),
    abi: info.abi,
    parts,
    inputs,
  };
  await writeManifest(manifest, folder);
  return { manifest, rebuilt: true };
}

/**
 * Gives the manifest of the ch.so that a package came with, where it was built of the sources and the
 * engine that lie here; undefined where there is none, or it is of others.
 */
export async function readPrebuiltManifest(root: string): Promise<Manifest | undefined> {
  const manifest = await readManifest(path.join(root, 'prebuilt', 'linux-x64'));
  if (manifest === undefined) return undefined;
  return manifest.inputs === (await portableInputs(root)) ? manifest : undefined;
}

/** Hashes what a build reads, the same wherever npm has put it: files' times do not count. */
export async function portableInputs(root: string): Promise<string> {
  const libchdb = { ...(await findPinnedLibchdb(root)), modifiedMs: 0 };
  return await hashInputs(sourcesOf(root), libchdb, await projectVersion(root));
}

function sourcesOf(root: string): string[] {
  return buildSources.map((source) => path.join(root, source));
}

/** Where fetched engines are kept: `<root>/build/chdb/<version>`. */
export function engineCache(root: string): string {
  return path.join(root, 'build', 'chdb');
}

/** The build's own programs. */
export interface BuildTools {
  tfCheck: string;
  tfSmoke: string;
}

/** Builds tf_check and tf_smoke of native/tools; ch.so shares its SQL layer with them. */
export async function buildTools(
  root: string,
  toolchain: Toolchain,
  steps: Steps,
): Promise<BuildTools> {
  const targets = ['tf_check', 'tf_smoke'];
  const project = { ...nativeProject(root), title: 'compile native/tools', targets };
  await buildWithCmake(project, toolchain, steps);
  const folder = path.join(project.binary, 'tools');
  return { tfCheck: path.join(folder, 'tf_check'), tfSmoke: path.join(folder, 'tf_smoke') };
}

function nativeProject(root: string): Pick<CmakeProject, 'source' | 'binary' | 'definitions'> {
  const folder = path.join(root, 'build', 'ch');
  return {
    source: path.join(root, 'native'),
    binary: path.join(root, 'build', 'cmake'),
    definitions: {
      CMAKE_BUILD_TYPE: 'RelWithDebInfo',
      THEFLASH_LIBCHDB_DIR: folder,
      THEFLASH_OVERLAY_DIR: path.join(folder, 'overlay'),
      THEFLASH_OUTPUT_DIR: folder,
    },
  };
}

async function chooseLibchdb(request: BuildRequest): Promise<Libchdb> {
  const { root, chVersion, steps } = request;
  if (chVersion === undefined) return await findPinnedLibchdb(root);
  return await fetchLibchdb(chVersion, root, engineCache(root), steps);
}

async function projectVersion(root: string): Promise<string> {
  const json: unknown = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const versioned = typeof json === 'object' && json !== null && 'version' in json;
  return versioned ? String(json.version) : 'unknown';
}

async function proveSeries(series: PatchSeries, target: CheckTarget, steps: Steps): Promise<void> {
  for (const patch of series.patches) {
    await steps.run(`prove ${patch.name}`, async () => {
      const proof = await provePatch(series, patch, target);
      if (proof.failure !== undefined) {
        const { file, line, statement, difference } = proof.failure;
        throw new FlashError(
          'TOOL',
          `Patch ${patch.name} does not hold: ${file}:${String(line)}: ${statement}: ${difference}`,
          {
            hint: 'Port the patch to this engine (ch-patches/README.md), or pin an engine it holds on.',
          },
        );
      }
      if (!proof.needed) {
        throw new FlashError('TOOL', `The checks of patch ${patch.name} hold without it, too.`, {
          hint: 'Sharpen them, or drop the patch where community ClickHouse now does this itself.',
        });
      }
    });
  }
}

async function buildChSo(
  root: string,
  version: string,
  toolchain: Toolchain,
  steps: Steps,
): Promise<void> {
  const native = nativeProject(root);
  const project = {
    ...native,
    title: 'compile and link ch.so',
    definitions: { ...native.definitions, THEFLASH_ENGINE_VERSION: version },
    targets: ['ch'],
  };
  await buildWithCmake(project, toolchain, steps);
}

async function smokeTest(tfSmoke: string, chSo: string, steps: Steps): Promise<BuildInfo> {
  return await steps.run('try ch.so', async () => {
    const scratch = await mkdtemp(path.join(tmpdir(), 'theflash-smoke-'));
    try {
      const { exitCode, signal, stdout, stderr } = await execa(
        tfSmoke,
        [chSo, path.join(scratch, 'data')],
        { reject: false, stdin: 'ignore', timeout: 60_000 },
      );
      const info = parseBuildInfo(stdout.trim().split('\n').at(-1) ?? '');
      if (exitCode === 0 && info !== undefined) return info;
      const end = signal ?? `exit code ${String(exitCode)}`;
      throw new FlashError(
        'TOOL',
        `ch.so was built, but does not work: ${end}. ${stderr || stdout}`,
        {
          hint: `Repeat it with: ${tfSmoke} ${chSo} <an empty folder>`,
        },
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
}
