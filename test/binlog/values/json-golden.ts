import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  jsonFormMysql57,
  jsonFormMysql80,
  type JsonForm,
} from '../../../src/binlog/values/json-form.js';

/** A JSON value that a server made: the SQL, its bytes in the log, and the text of its SELECT. */
export interface GoldenValue {
  sql: string;
  hex: string;
  text: string;
}

/** An update that MySQL logged as differences, and the text of its SELECT after it. */
export interface GoldenUpdate extends GoldenValue {
  /** Differences, without their length. */
  diffs: string;
}

const folder = fileURLToPath(new URL('../../fixtures/json/', import.meta.url));

/** The golden of a name; `diffs` is empty where it holds values only. */
export function readGolden(name: string): GoldenUpdate[] {
  const parsed: unknown = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
  if (!Array.isArray(parsed)) throw new Error(`${name} is no list`);
  return parsed.map((item: Record<string, unknown>) => ({
    sql: String(item['sql']),
    hex: String(item['hex']),
    text: String(item['text']),
    diffs: 'diffs' in item ? String(item['diffs']) : '',
  }));
}

/** Writes what a server said into the fixtures, when the run was started with `UPDATE=1`. */
export function updateGolden(name: string, values: readonly GoldenValue[]): void {
  if (process.env['UPDATE'] !== '1') return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, `${name}.json`),
    `${JSON.stringify(values, null, 2)}
`,
  );
}

export function formOf(kind: string): JsonForm {
  return kind === 'mysql-5.7' ? jsonFormMysql57 : jsonFormMysql80;
}
