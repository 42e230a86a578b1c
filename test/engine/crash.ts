import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { applyBatch, createTable, keyedTable } from './engine-suite.js';
import { putRows } from './rows.js';
import { openEmbeddedEngine } from './open-engine.js';
import { typescript } from '../typescript.js';

/** A program that runs one SQL text: `runChild(sqlChild, folder, env, sql)`. */
export const sqlChild = fileURLToPath(new URL('sql-child.ts', import.meta.url));

/** A program that commits one batch, which replaces row 1, deletes row 2 and adds row 3 of `fillFolder`. */
export const crashChild = fileURLToPath(new URL('crash-child.ts', import.meta.url));

/** Places in a commit, in order, and whether what was killed there is applied by the next open. */
export const commitPlaces: readonly [string, boolean][] = [
  ['after-append', false],
  ['before-commit-record', false],
  ['after-direct-rows', false],
  ['after-commit-record', true],
  ['between-attaches', true],
  ['after-publish', true],
  ['between-drops', true],
];

/** Makes an engine folder with the tables keyed.t and multiset.t, each of the rows `1 old` and `2 old`. */
export async function fillFolder(folder: string): Promise<void> {
  const engine = await openEmbeddedEngine(folder);
  for (const [database, key] of [
    ['keyed', 'id'],
    ['multiset', ''],
  ] as const) {
    await createTable(engine, database, key);
    const schema = { ...keyedTable(database), primaryKey: key === '' ? [] : [key] };
    const checkpoint = { source: 'crash', text: 'first' };
    await applyBatch(engine, schema, putRows([1, 'old'], [2, 'old']), checkpoint);
  }
  await engine.close();
}

/** Runs a program of this folder on an engine folder. Gives its exit code, or the signal that ended it. */
export async function runChild(
  file: string,
  folder: string,
  env: Record<string, string>,
  ...words: readonly string[]
): Promise<number | string> {
  const child = spawn(process.execPath, [typescript, file, folder, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
  return child.signalCode ?? child.exitCode ?? -1;
}
