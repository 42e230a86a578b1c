/** What stands before the rows of an INSERT. */
export interface InsertHeader {
  /** Undefined where the statement names no database. */
  database: string | undefined;
  table: string;
  /** Names in order of the values; undefined where all columns have one, in order of the table. */
  columns: readonly string[] | undefined;
  /** Where the first row begins, in bytes. */
  rowsAt: number;
}

/** The longest list of columns: 4096 names of 64 characters of 4 bytes. */
const headerMaxBytes = 1 << 21;

const space = String.raw`\s+`;
const name = String.raw`(?:\x60(?:[^\x60]|\x60\x60)+\x60|"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
const pattern = new RegExp(
  `^\\s*(?:INSERT|REPLACE)${space}(?:(?:IGNORE|DELAYED|LOW_PRIORITY|HIGH_PRIORITY)${space})*` +
    `INTO${space}(?:(${name})\\.)?(${name})\\s*(?:\\((\\s*${name}(?:\\s*,\\s*${name})*)\\s*\\)\\s*)?VALUES?\\s*(?=\\()`,
  'i',
);
const namePattern = new RegExp(name, 'g');

/** Whether a statement is an INSERT or REPLACE. */
export function isInsert(bytes: Uint8Array): boolean {
  return /^\s*(?:INSERT|REPLACE)\s/i.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

/** Reads what stands before the rows, or gives undefined for an INSERT of another form, as INSERT … SELECT. */
export function readInsertHeader(bytes: Uint8Array): InsertHeader | undefined {
  // Most headers are short, and most statements long.
  for (const length of [512, headerMaxBytes]) {
    const text = Buffer.from(bytes.subarray(0, length)).toString('utf8');
    const match = pattern.exec(text);
    if (match?.[2] === undefined) continue;
    return {
      database: match[1] === undefined ? undefined : unquote(match[1]),
      table: unquote(match[2]),
      columns:
        match[3] === undefined ? undefined : (match[3].match(namePattern) ?? []).map(unquote),
      rowsAt: Buffer.byteLength(match[0], 'utf8'),
    };
  }
  return undefined;
}

function unquote(text: string): string {
  const quote = text[0];
  if (quote !== '`' && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
