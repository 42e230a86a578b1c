import path from 'node:path';
import { FlashError } from '../protocol/index.js';
import { buildTools, engineCache } from './build-engine.js';
import { type CheckFailure, provePatch } from './check-runner.js';
import { fetchLibchdb, libchdbPackage, publishedVersions } from './libchdb.js';
import { readPatchSeries } from './patch-series.js';
import type { Steps } from './steps.js';
import { findToolchain } from './toolchain.js';

export interface SyncRequest {
  root: string;
  steps: Steps;
  searchPath: string;
  /** The engines to try; the newest published ones where it is not given. */
  versions?: readonly string[] | undefined;
}

/** One cell of the matrix: a patch on an engine. */
export interface SyncCell {
  patch: string;
  /** `not needed`: the checks hold without the patch, so the engine does this by itself. */
  verdict: 'holds' | 'fails' | 'not needed';
  firstFailure: CheckFailure | undefined;
}

export interface SyncRow {
  version: string;
  cells: readonly SyncCell[];
}

/** How many of the newest published engines are tried. */
export const syncVersionsMax = 5;

/**
 * Lays the series on each engine and tells which patches hold there. Changes nothing of the build.
 *
 * Shape: newest engine first; cells in the order of the series.
 * Errors: TOOL where an engine can't be fetched or a program is missing.
 */
export async function syncMatrix(request: SyncRequest): Promise<SyncRow[]> {
  const { root, steps } = request;
  const toolchain = await findToolchain(request.searchPath);
  const series = await readPatchSeries(path.join(root, 'ch-patches'));
  const versions = request.versions ?? (await newestVersions());
  const { tfCheck } = await buildTools(root, toolchain, steps);
  const rows: SyncRow[] = [];
  for (const version of versions) {
    const { file } = await fetchLibchdb(version, root, engineCache(root), steps);
    const cells: SyncCell[] = [];
    for (const patch of series.patches) {
      const proof = await steps.run(`${version}: ${patch.name}`, () =>
        provePatch(series, patch, { tfCheck, libchdb: file }),
      );
      const holds = proof.needed ? 'holds' : 'not needed';
      const verdict = proof.failure === undefined ? holds : 'fails';
      cells.push({ patch: patch.name, verdict, firstFailure: proof.failure });
    }
    rows.push({ version, cells });
  }
  return rows;
}

/** Prints the matrix as text: a line a patch, a column an engine, then the failing checks. */
export function formatMatrix(rows: readonly SyncRow[]): string {
  const patches = rows[0]?.cells.map((cell) => cell.patch) ?? [];
  const nameWidth = Math.max(5, ...patches.map((name) => name.length));
  const widths = rows.map((row) => Math.max(row.version.length, 'not needed'.length));
  const line = (name: string, texts: readonly string[]): string =>
    [name.padEnd(nameWidth), ...texts.map((text, at) => text.padEnd(widths[at] ?? 0))]
      .join('  ')
      .trimEnd();
  const header = line(
    'patch',
    rows.map((row) => row.version),
  );
  const body = patches.map((name, at) =>
    line(
      name,
      rows.map((row) => row.cells[at]?.verdict ?? ''),
    ),
  );
  return [header, ...body, ...rows.flatMap(describeFailures)].join('\n');
}

/** Orders versions by their numbers, then their tag: `26.5.3` < `26.7.0-stable.1`. */
export function compareVersions(left: string, right: string): number {
  const leftNumbers = numbersOf(left);
  const rightNumbers = numbersOf(right);
  for (let index = 0; index < Math.max(leftNumbers.length, rightNumbers.length); index += 1) {
    const difference = (leftNumbers[index] ?? 0) - (rightNumbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

async function newestVersions(): Promise<string[]> {
  const packageName = libchdbPackage(process.platform, process.arch);
  const published = await publishedVersions(packageName);
  if (published.length === 0) {
    throw new FlashError('TOOL', `${packageName} has no published version.`);
  }
  return published.sort(compareVersions).reverse().slice(0, syncVersionsMax);
}

function describeFailures(row: SyncRow): string[] {
  return row.cells.flatMap(({ patch, firstFailure }) => {
    if (firstFailure === undefined) return [];
    const { file, line, statement, difference } = firstFailure;
    return [`${row.version} ${patch}: ${file}:${String(line)}: ${statement}: ${difference}`];
  });
}
