import { bindCellText } from './cell-text.js';
import { decodeBatches, type Result } from './result.js';

/**
 * Gives a result as CSV (RFC 4180): a header of column names, CRLF line ends. NULL is an empty
 * field and the empty string `""`, so that they stay apart.
 */
export async function* writeCsv(result: Result): AsyncGenerator<string> {
  const names = result.schema.fields.map((field) => csvField(field.name));
  yield `${names.join(',')}\r\n`;
  for await (const batch of decodeBatches(result)) {
    const columns = batch.data.children.map((data, index) => {
      const field = batch.schema.fields[index];
      return field === undefined ? undefined : { data, text: bindCellText(field, data) };
    });
    if (batch.numRows === 0) continue;
    const lines: string[] = [];
    for (let row = 0; row < batch.numRows; row += 1) {
      const fields = columns.map((column) =>
        column?.data.getValid(row) === true ? csvField(column.text(row)) : '',
      );
      lines.push(fields.join(','));
    }
    yield `${lines.join('\r\n')}\r\n`;
  }
}

function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
