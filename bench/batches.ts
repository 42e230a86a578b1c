// Goal: what a small batch of the writer costs beside plain INSERTs of the same rows.
// Method: 50 rows for each of some tables, again and again, in turn and in one engine: as a batch with a
// checkpoint into mutable tables, and by insertRows, all tables side by side, into ReplacingMergeTree
// tables of the same columns and the same keys.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { hiddenColumns, type TableSchema } from '../src/protocol/index.js';
import { buildStream, column, type Change } from '../test/engine/change-builder.js';
import { median } from './measure.js';
import { report, round, type Figures } from './report.js';

const rowsPerTable = 50;
const rounds = Number(process.argv[2] ?? 40);
const warmUp = 5;
const columns = [
  column('id', { kind: 'int', bits: 64, unsigned: false }),
  column('v', { kind: 'int', bits: 32, unsigned: false }),
  column('day', { kind: 'date' }, true),
  column('note', { kind: 'text', charset: 'utf8mb4' }, true),
];
const definition = 'id Int64, v Int32, day Nullable(Date32), note Nullable(String)';
const plainNames = { version: 'plain_row_version', delmark: 'plain_row_delmark' };

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const engine = await openEmbeddedEngine(folder, { create: true });
try {
  await engine.execute('CREATE DATABASE bench');
  const figures: Figures[] = [];
  for (const tables of [1, 5, 10, 30]) figures.push(await compare(tables));
  report('batches', `${rowsPerTable} rows a table, ${rounds} batches`, figures);
} finally {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
}

async function compare(tables: number): Promise<Figures> {
  const names = Array.from({ length: tables }, (_, index) => `${tables}_${index}`);
  for (const name of names) {
    await engine.execute(
      `CREATE TABLE bench.m${name} (${definition}) ENGINE = MutableMergeTree PRIMARY KEY id;
       CREATE TABLE bench.p${name} (${definition}, ${plainNames.version} UInt64, ${plainNames.delmark} UInt8)
         ENGINE = ReplacingMergeTree(${plainNames.version}, ${plainNames.delmark}) PRIMARY KEY id`,
    );
  }
  const batches: number[] = [];
  const inserts: number[] = [];
  for (let turn = -warmUp; turn < rounds; turn += 1) {
    const batchMs = await timed(() => writeBatch(names, turn));
    const insertMs = await timed(() => insertSideBySide(names, turn));
    if (turn < 0) continue;
    batches.push(batchMs);
    inserts.push(insertMs);
  }
  return {
    who: `${tables} tables`,
    'batch ms': round(median(batches), 1),
    'batch min ms': round(Math.min(...batches), 1),
    'plain INSERTs ms': round(median(inserts), 1),
    'plain INSERTs min ms': round(Math.min(...inserts), 1),
    ratio: round(median(batches) / median(inserts), 2),
  };
}

async function writeBatch(names: readonly string[], turn: number): Promise<void> {
  const batch = await engine.openBatch();
  let version = await batch.reserveVersions(names.length * rowsPerTable);
  const appends = names.map((name) => {
    const first = version;
    version += BigInt(rowsPerTable);
    return batch.append({ database: 'bench', table: `m${name}` }, rows(`m${name}`, turn, first));
  });
  await Promise.all(appends);
  await batch.commit('bench', String(turn));
  await batch.close();
}

async function insertSideBySide(names: readonly string[], turn: number): Promise<void> {
  await Promise.all(
    names.map((name) => {
      const stream = Buffer.from(rows(`p${name}`, turn, BigInt(1 + rowsPerTable)));
      rename(stream, hiddenColumns.version, plainNames.version);
      rename(stream, hiddenColumns.delmark, plainNames.delmark);
      return engine.insertRows({ database: 'bench', table: `p${name}` }, stream);
    }),
  );
}

function rows(table: string, turn: number, firstVersion: bigint): Uint8Array {
  const schema: TableSchema = { database: 'bench', table, columns, primaryKey: ['id'] };
  const changes = Array.from({ length: rowsPerTable }, (_, row): Change => {
    const id = ((turn + warmUp) * 7919 + row * 101) % 10_000;
    return { values: [id, row, 20_000 + row, `row ${row} of turn ${turn}`] };
  });
  return buildStream(schema, changes, firstVersion);
}

/** Gives a field of the stream's schema another name of the same length. */
function rename(stream: Buffer, from: string, to: string): void {
  stream.write(to, stream.indexOf(from), 'latin1');
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
