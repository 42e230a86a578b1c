/**
 * Reads CSV by the grammar of RFC 4180 section 2; an empty field without quotes is undefined.
 * Throws where the text does not follow it.
 */
export function parseCsv(csv: string): readonly (readonly (string | undefined)[])[] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const records: (string | undefined)[][] = [];
  let record: (string | undefined)[] = [];
  while (field.lastIndex < csv.length) {
    const match = field.exec(csv);
    if (match === null) throw new Error('Not CSV');
    const [, quoted, plain, end] = match;
    record.push(plain === '' ? undefined : (plain ?? quoted?.replaceAll('""', '"')));
    if (end === '\r\n') {
      records.push(record);
      record = [];
    }
  }
  return records;
}
