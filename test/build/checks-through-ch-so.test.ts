// Goal: the checks of ch-patches hold in ch.so itself, where locks, versions and staging take part.
// build-ch runs them on libchdb and the SQL layer alone. Method: each check by the embedded engine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { DataType, tableFromIPC, type Vector } from 'apache-arrow';
import {
  explainDifference,
  projectRoot,
  readPatchSeries,
  type Answer,
  type Check,
  type Patch,
} from '../../src/build/index.js';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { arrowEndOfStream, FlashError, type Engine } from '../../src/protocol/index.js';

const series = await readPatchSeries(path.join(projectRoot, 'ch-patches'));

for (const patch of series.patches) {
  for (const check of patch.checks) {
    test.serial(`${check.file} holds in ch.so`, async (t) => {
      t.timeout(240_000);
      const folder = await mkdtemp(path.join(tmpdir(), 'theflash-check-'));
      try {
        t.deepEqual(await differences(patch, check, path.join(folder, 'data')), []);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
}

async function differences(patch: Patch, check: Check, folder: string): Promise<string[]> {
  let engine = await openEmbeddedEngine(folder);
  const found: string[] = [];
  try {
    for (const { statement, line, expected } of check.steps) {
      if (statement === '@reopen') {
        await engine.close();
        engine = await openEmbeddedEngine(folder);
        continue;
      }
      // What is checked past the SQL layer names hidden columns, which are reserved here.
      const sql = patch.sqlLayer ? statement : statement.replaceAll('_INTERNAL_', 'internal_');
      const answer = await ask(engine, sql, expected.kind === 'rows');
      const difference = explainDifference(expected, answer);
      if (difference !== undefined) found.push(`line ${line}: ${statement}: ${difference}`);
    }
  } finally {
    await engine.close();
  }
  return found;
}

/** Runs a statement; SELECTs have the engine itself write their rows as text. */
async function ask(engine: Engine, statement: string, givesRows: boolean): Promise<Answer> {
  const isSelect =
    givesRows && /^\s*(SELECT|WITH)\b/i.test(statement) && !/\bINSERT INTO\b/i.test(statement);
  const sql = isSelect ? `SELECT formatRow('TSV', *) AS line FROM (${statement}\n)` : statement;
  try {
    const messages: Uint8Array[] = [];
    for await (const { bytes } of await engine.query(sql)) messages.push(bytes.slice());
    const table = tableFromIPC([...messages, arrowEndOfStream]);
    const columns = table.schema.fields.map((_, index) => table.getChildAt(index));
    const lines = Array.from({ length: table.numRows }, (_, row) =>
      isSelect
        ? String(columns[0]?.get(row))
        : `${columns.map((column) => fieldText(column, row)).join('\t')}\n`,
    );
    return { kind: 'rows', text: lines.join('') };
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    const code = error.place.engineCode;
    const text = `${error.message} ${error.hint ?? ''}`;
    return { kind: 'error', code: code === undefined ? 'INVALID' : String(code), text };
  }
}

/** A field as ClickHouse's TSV has it, of the types that statements other than SELECT give here. */
function fieldText(column: Vector | null, row: number): string {
  const value: unknown = column?.get(row);
  if (column === null || value === null) return '\\N';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (!DataType.isUtf8(column.type) || typeof value !== 'string') {
    throw new Error(`a column of ${String(column.type)} can't be compared here`);
  }
  const escapes: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\t': '\\t' };
  return value.replace(/[\\'\n\t]/g, (character) => escapes[character] ?? character);
}
