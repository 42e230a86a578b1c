import { DataType, tableFromIPC, type Vector } from 'apache-arrow';
import type { Answer } from '../../src/build/index.js';
import { arrowEndOfStream, FlashError, type Engine } from '../../src/protocol/index.js';

/**
 * Runs a statement of a check on an engine. SELECTs have the engine itself write their rows as text.
 */
export async function askEngine(engine: Engine, statement: string, givesRows: boolean): Promise<Answer> {
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
