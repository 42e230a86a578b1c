import { FlashError } from './errors.js';
import { quoteIdentifier, quoteString } from './sql-text.js';

/** Values of a statement's parameters by name: their text, or null for NULL. */
export type SqlParameters = Readonly<Record<string, string | null>>;

/**
 * Puts the values of parameters into SQL: `{name:Type}` becomes `CAST('text', 'Type')`, and
 * `{name:Identifier}` a quoted name. What stands in comments, strings, quoted names and heredocs is
 * no parameter. The values are quoted here, so that no text of a value is read as SQL.
 *
 * The engine's own parameters are settings of a connection, which scans share.
 *
 * Errors: INVALID_REQUEST for a parameter without a value, a value without a parameter, and a text
 * that is no number of its integer type, which CAST would wrap.
 * Source: ClickHouse src/Parsers/Lexer.cpp for tokens, ParserSubstitution in ExpressionElementParsers.cpp.
 */
export function bindParameters(sql: string, parameters: SqlParameters): string {
  const used = new Set<string>();
  const bound = sql.replace(
    sqlTokens,
    (token: string, _tag?: string, _again?: string, name?: string, type?: string) => {
      if (name === undefined || type === undefined) return token;
      const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (value === undefined) {
        throw new FlashError('INVALID_REQUEST', `The parameter ${token} has no value`, {
          hint: `Give one under the name ${name}.`,
        });
      }
      used.add(name);
      return bind(name, type.trim(), value);
    },
  );
  const unused = Object.keys(parameters).find((name) => !used.has(name));
  if (unused === undefined) return bound;
  throw new FlashError('INVALID_REQUEST', `The statement has no parameter ${unused}`, {
    hint: `Write it as {${unused}:Type}, as in WHERE id = {${unused}:UInt64}.`,
  });
}

/**
 * What may hide a brace, first; then parameters. A type holds no braces, and may hold strings:
 * Enum8('a' = 1). A comment or string without an end goes to the end of the text.
 */
export const sqlTokens = new RegExp(
  [
    String.raw`'(?:[^'\\]|\\[^]|'')*(?:'|$)`,
    String.raw`"(?:[^"\\]|\\[^]|"")*(?:"|$)`,
    '`(?:[^`\\\\]|\\\\[^]|``)*(?:`|$)',
    String.raw`(?:--|//|#[ !])[^\n]*`,
    String.raw`/\*[^]*?(?:\*/|$)`,
    String.raw`(?<![\w$])\$(?<tag>\w*)\$[^]*?\$\k<tag>\$`,
    // Not where its first letter begins a heredoc.
    String.raw`\{\s*(?!\$(?<again>\w*)\$[^]*?\$\k<again>\$)(?<name>(?!\d+\s*:)[\w$]+)\s*:\s*(?<type>(?:[^{}'\\]|'(?:[^'\\]|\\[^])*')+)\}`,
  ].join('|'),
  'g',
);

function bind(name: string, type: string, value: string | null): string {
  if (type === 'Identifier') {
    if (value !== null && value !== '') return quoteIdentifier(value);
    throw new FlashError('INVALID_REQUEST', `The parameter ${name} is a name, and is empty`, {
      hint: 'Give the name of a table, column or database.',
    });
  }
  if (value === null) return `CAST(NULL, ${quoteString(type)})`;
  checkInteger(name, type, value);
  if (/^Map\s*\(/.test(type)) return castMap(type, value);
  return `CAST(${quoteString(value)}, ${quoteString(type)})`;
}

/**
 * CAST knows no way from a text to a Map, unless it is inside of another type. The number after it keeps
 * the text to one value: a tuple may end with a comma.
 */
function castMap(type: string, value: string): string {
  const tuple = `CAST(${quoteString(`(${value},0)`)}, ${quoteString(`Tuple(${type}, UInt8)`)})`;
  return `tupleElement(${tuple}, 1)`;
}

function checkInteger(name: string, type: string, value: string): void {
  const [, sign, bitsText] = /^(?:Nullable\()?(U?)Int(8|16|32|64|128|256)\)?$/.exec(type) ?? [];
  if (sign === undefined || bitsText === undefined) return;
  const bits = Number(bitsText);
  if (/^[+-]?\d{1,78}$/.test(value)) {
    const number = BigInt(value.replace('+', ''));
    const wrapped = sign === 'U' ? BigInt.asUintN(bits, number) : BigInt.asIntN(bits, number);
    if (wrapped === number) return;
  }
  throw new FlashError(
    'INVALID_REQUEST',
    `The parameter ${name} is "${value.slice(0, 80)}", no ${type}`,
    {
      hint: 'Give a whole number within the range of the type.',
    },
  );
}
