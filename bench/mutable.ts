// Goal: what reading a mutable table costs beside the same rows in a plain MergeTree, and what a
// snapshot of it costs.
// Method: 5 M rows of ten columns, a fifth of them, spread over all keys, updated once; the plain
// table is filled with the result. Both are streamed as Arrow by one engine, in turn: first with
// merges held off, when each read has to find the newest versions itself, then merged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { createSnapshot, dropSnapshot, queryRows, type Engine } from '../src/protocol/index.js';
import { median } from './measure.js';
import { rates, report, round, type Figures } from './report.js';

const rowCount = 5_000_000;
const runs = 7;
const columns = `id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))`;
const rows = `SELECT number, number % 91, number % 1009, number % 7, number / 100, number / 3,
  ['new', 'paid', 'sent'][1 + number % 3], if(number % 4 = 0, NULL, concat('note ', toString(number))),
  toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + number, if(number % 9 = 0, NULL, toDateTime64('2026-01-01 00:00:00', 0, 'UTC'))`;

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const engine = await openEmbeddedEngine(folder);
try {
  await fill(engine);
  await run(engine);
} finally {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(engine: Engine): Promise<void> {
  await engine.execute(`CREATE DATABASE bench;
    CREATE TABLE bench.mutable (${columns}) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE bench.plain (${columns}) ENGINE = MergeTree ORDER BY id;
    SYSTEM STOP MERGES bench.mutable; SYSTEM STOP MERGES bench.plain;
    INSERT INTO bench.mutable ${rows} FROM numbers(${rowCount});
    UPDATE bench.mutable SET quantity = quantity + 1, note = 'changed' WHERE cityHash64(id) % 5 = 0;
    INSERT INTO bench.plain SELECT * FROM bench.mutable`);
}

async function run(engine: Engine): Promise<void> {
  const unmerged = await compare(engine, 'unmerged');
  await engine.execute(`SYSTEM START MERGES bench.mutable; SYSTEM START MERGES bench.plain;
    OPTIMIZE TABLE bench.mutable FINAL; OPTIMIZE TABLE bench.plain FINAL`);
  const merged = await compare(engine, 'merged');
  const input = `${rowCount} rows of ten columns, a fifth of them updated once`;
  report('mutable', input, [...unmerged, ...merged]);
}

async function compare(engine: Engine, state: string): Promise<readonly Figures[]> {
  const plain: number[] = [];
  const mutable: number[] = [];
  const snapshots: number[] = [];
  let bytes = 0;
  for (let index = 0; index < runs; index += 1) {
    ({ bytes } = await stream(engine, 'plain', plain));
    await stream(engine, 'mutable', mutable);
    await snapshot(engine, snapshots);
  }
  const parts = await countParts(engine);
  const figures = (table: string, seconds: readonly number[]): Figures => ({
    who: `${table} table, ${state}`,
    ...rates(rowCount, bytes, median(seconds)),
    ...spread(seconds),
    parts: parts[table] ?? 0,
  });
  return [
    figures('plain', plain),
    figures('mutable', mutable),
    { who: `times the plain one, ${state}`, ratio: round(median(mutable) / median(plain), 2) },
    {
      who: `snapshot of the mutable one, ${state}`,
      ms: round(median(snapshots) * 1000, 1),
      ...spread(snapshots),
    },
  ];
}

async function stream(
  engine: Engine,
  table: string,
  seconds: number[],
): Promise<{ bytes: number }> {
  const startMs = performance.now();
  let bytes = 0;
  let given = 0;
  for await (const message of await engine.query(`SELECT * FROM bench.${table}`)) {
    bytes += message.bytes.length;
    given += message.rows;
  }
  if (given !== rowCount) throw new Error(`bench.${table} gave ${given} rows`);
  seconds.push((performance.now() - startMs) / 1000);
  return { bytes };
}

async function snapshot(engine: Engine, seconds: number[]): Promise<void> {
  const tables = [{ database: 'bench', table: 'mutable' }];
  const startMs = performance.now();
  const { name } = await createSnapshot(engine, { tables, expiresInMs: 60_000 });
  seconds.push((performance.now() - startMs) / 1000);
  await dropSnapshot(engine, name);
}

async function countParts(engine: Engine): Promise<Record<string, number>> {
  const found = await queryRows(
    engine,
    `SELECT table, count() AS parts FROM system.parts WHERE active AND database = 'bench' GROUP BY table`,
  );
  return Object.fromEntries(found.map((row) => [String(row['table']), Number(row['parts'])]));
}

function spread(seconds: readonly number[]): { 'runs, s': string } {
  return { 'runs, s': seconds.map((one) => one.toFixed(3)).join(' ') };
}
