import { bindParameters, sqlTokens } from '../../protocol/index.js';

/** Values of {name:Type} as clients send them. */
type RawValues = Readonly<Record<string, string>>;

/**
 * Puts a statement together of the parameter `query` and the body, which goes on where that ends: SQL,
 * or the data of an INSERT.
 *
 * `{name:Type}` is looked for in `query`, or in the body where there is none. A value that nothing asks
 * for is left out, as in ClickHouse.
 */
export function statementBytes(query: string, body: readonly Buffer[], values: RawValues): Buffer {
  if (Object.keys(values).length === 0) return join(query, body);
  if (query !== '') return join(bind(query, values), body);
  // Bytes that are no UTF-8 are data, and come out as they went in.
  const text = Buffer.concat(body).toString('latin1');
  return Buffer.from(bind(text, toLatin1(values)), 'latin1');
}

/** Whether a statement only reads, by its first word. A wrong guess costs a place of the other kind. */
export function looksLikeRead(statement: Buffer): boolean {
  const head = statement.subarray(0, headBytes).toString('latin1');
  return /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/|\()*(?:SELECT|WITH|SHOW|DESC|EXISTS|EXPLAIN|FROM|SELRAW|CHECK)/i.test(
    head,
  );
}

const headBytes = 4096;

function join(query: string, body: readonly Buffer[]): Buffer {
  if (query === '') return Buffer.concat(body);
  return Buffer.concat([Buffer.from(body.length === 0 ? query : `${query}\n`), ...body]);
}

function bind(sql: string, values: RawValues): string {
  const used: Record<string, string | null> = {};
  for (const { groups } of sql.matchAll(sqlTokens)) {
    const { name, type } = groups ?? {};
    if (name === undefined || type === undefined || !Object.hasOwn(values, name)) continue;
    used[name] = readValue(values[name] ?? '', type.trim());
  }
  return Object.keys(used).length === 0 ? sql : bindParameters(sql, used);
}

/**
 * Values come as in the format TabSeparated: texts are escaped, and what stands in brackets is text of
 * its own type.
 *
 * Source: ClickHouse, HTTP interface, "CLI queries with parameters"; deserializeTextEscaped of its types.
 */
function readValue(text: string, type: string): string | null {
  if (text === '\\N') return null;
  if (type === 'Identifier' || /^(?:Array|Map|Tuple|Nested|Variant|JSON)\b/.test(type)) return text;
  return text.replace(/\\(?:x([0-7][0-9A-Fa-f])|(.))/gs, (whole, hex?: string, other?: string) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    const letter = other ?? '';
    // Others stay as they are, for regular expressions and LIKE.
    const isItself = letter < ' ' || /[\\`"'/=]/.test(letter);
    return escapes.get(letter) ?? (isItself ? letter : whole);
  });
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['e', '\x1b'],
  ['v', '\v'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
]);

function toLatin1(values: RawValues): RawValues {
  const entries = Object.entries(values).map(([name, value]) => {
    return [name, Buffer.from(value).toString('latin1')] as const;
  });
  return Object.fromEntries(entries);
}
