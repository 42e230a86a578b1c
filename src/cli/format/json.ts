import { mysqlTypeKey } from '../../protocol/index.js';
import { bindCellJson } from './cell-text.js';
import { decodeBatches, type Result } from './result.js';

/** Gives a result as JSON lines: one object a row, members in column order. */
export async function* writeJsonLines(result: Result): AsyncGenerator<string> {
  for await (const rows of jsonRows(result)) {
    if (rows.length > 0) yield `${rows.join('\n')}\n`;
  }
}

/**
 * Gives a result as one JSON document, for `--json`.
 *
 * Shape: `{"columns":[{name,type,mysqlType}],"rows":[…],"rowCount":n}`; rows as in JSON lines.
 */
export async function* writeJsonDocument(result: Result): AsyncGenerator<string> {
  yield `{"columns":${JSON.stringify(describeColumns(result))},"rows":[`;
  let count = 0;
  for await (const rows of jsonRows(result)) {
    if (rows.length === 0) continue;
    yield `${count === 0 ? '\n' : ',\n'}${rows.join(',\n')}`;
    count += rows.length;
  }
  yield `${count === 0 ? '' : '\n'}],"rowCount":${count}}\n`;
}

/** What a column is, for `--json`: its name, Arrow type and MySQL type (null where it has none). */
export interface ColumnDescription {
  name: string;
  type: string;
  nullable: boolean;
  mysqlType: string | null;
}

/** Describes a result's columns in order. */
export function describeColumns(result: Pick<Result, 'schema'>): readonly ColumnDescription[] {
  return result.schema.fields.map((field) => ({
    name: field.name,
    type: String(field.type),
    nullable: field.nullable,
    mysqlType: field.metadata.get(mysqlTypeKey) ?? null,
  }));
}

async function* jsonRows(result: Result): AsyncGenerator<readonly string[]> {
  for await (const batch of decodeBatches(result)) {
    const columns = batch.data.children.flatMap((data, index) => {
      const field = batch.schema.fields[index];
      if (field === undefined) return [];
      return [{ name: JSON.stringify(field.name), data, json: bindCellJson(field, data) }];
    });
    const rows: string[] = [];
    for (let row = 0; row < batch.numRows; row += 1) {
      const members = columns.map(
        ({ name, data, json }) => `${name}:${data.getValid(row) ? json(row) : 'null'}`,
      );
      rows.push(`{${members.join(',')}}`);
    }
    yield rows;
  }
}
