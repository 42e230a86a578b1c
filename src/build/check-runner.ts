import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FlashError } from '../protocol/index.js';
import { type Check, explainDifference } from './check-format.js';
import { CheckProcess } from './check-process.js';
import { overlayFiles, writeOverlay } from './overlay.js';
import type { Patch, PatchSeries } from './patch-series.js';

/** Where checks run: the build's tf_check and the libchdb to load. */
export interface CheckTarget {
  tfCheck: string;
  libchdb: string;
}

/** The first step of a check that came out otherwise. */
export interface CheckFailure {
  file: string;
  line: number;
  statement: string;
  difference: string;
}

/** What the engine made of one patch. */
export interface Proof {
  patch: string;
  /** The first check that fails with the whole series; undefined where the patch holds. */
  failure: CheckFailure | undefined;
  /** Without the patch a check fails: it proves something. */
  needed: boolean;
}

/** Which overlay a check runs on. */
export interface CheckOptions {
  /** Name of a patch that is left out. */
  without?: string;
  /** The statements go through the SQL layer, as in ch.so. */
  sqlLayer: boolean;
}

/** Proves one patch: its checks must hold with the series, and one must fail without the patch. */
export async function provePatch(
  series: PatchSeries,
  patch: Patch,
  target: CheckTarget,
): Promise<Proof> {
  const { name, sqlLayer } = patch;
  const failure = await firstFailure(series, patch, target, { sqlLayer });
  const failureWithout = await firstFailure(series, patch, target, {
    without: name,
    sqlLayer: false,
  });
  return { patch: name, failure, needed: failureWithout !== undefined };
}

/** Checks wait for the disk more than they compute, and each engine takes some 250 MB. */
const checksAtOnce = 3;

async function firstFailure(
  series: PatchSeries,
  patch: Patch,
  target: CheckTarget,
  options: CheckOptions,
): Promise<CheckFailure | undefined> {
  for (let index = 0; index < patch.checks.length; index += checksAtOnce) {
    const checks = patch.checks.slice(index, index + checksAtOnce);
    const failures = await Promise.all(
      checks.map(async (check) => await runCheck(check, series, target, options)),
    );
    const first = failures.find((failure) => failure !== undefined);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** Runs one check on an empty folder until a step comes out otherwise; gives that step. */
export async function runCheck(
  check: Check,
  series: PatchSeries,
  target: CheckTarget,
  options: CheckOptions,
): Promise<CheckFailure | undefined> {
  return await withEngine(series, target, options, async (engine) => {
    for (const step of check.steps) {
      const answer = await engine.ask(step.statement);
      const difference =
        answer.kind === 'end'
          ? `the engine ended: ${answer.text}`
          : explainDifference(step.expected, answer);
      if (difference === undefined) continue;
      return { file: check.file, line: step.line, statement: step.statement, difference };
    }
    return undefined;
  });
}

/** Gives what `SELECT version()` says of an engine. Errors: TOOL where it does not start. */
export async function engineVersion(series: PatchSeries, target: CheckTarget): Promise<string> {
  return await withEngine(series, target, { sqlLayer: false }, async (engine) => {
    const answer = await engine.ask('SELECT version()');
    if (answer.kind === 'rows') return answer.text.trim();
    throw new FlashError('TOOL', `${target.libchdb} does not start: ${answer.text}`, {
      hint: 'Is the npm package whole? Remove it and run npm install again.',
    });
  });
}

async function withEngine<T>(
  series: PatchSeries,
  target: CheckTarget,
  options: CheckOptions,
  work: (engine: CheckProcess) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'theflash-check-'));
  const data = path.join(scratch, 'data');
  const overlay = overlayFiles(series, options.without);
  const config = await writeOverlay(overlay, path.join(scratch, 'overlay'), data);
  const flags = options.sqlLayer ? ['--sql-layer'] : [];
  const engine = new CheckProcess(target.tfCheck, [target.libchdb, config, data, ...flags]);
  try {
    return await work(engine);
  } finally {
    await engine.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
