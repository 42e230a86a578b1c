/**
 * A condition on the rows of a table, as a tree: no SQL text crosses the wire, so nothing has to be
 * quoted by a client or trusted by a server.
 *
 * It has SQL's three values. A comparison with NULL is NULL, but for `<=>` and `is-null`; a row
 * passes only where the whole is true. Floats are ordered as numbers with NaN equal to itself and
 * greater than all others; texts and bytes are ordered by their bytes.
 */
export type Filter =
  | { op: 'true' }
  | { op: 'false' }
  | { op: 'and' | 'or'; filters: readonly Filter[] }
  | { op: 'not'; filter: Filter }
  | { op: 'is-null'; column: string }
  | { op: ComparisonOp; left: Operand; right: Operand }
  /** NULL among the values makes the result NULL where it would be false. No values: false. */
  | { op: 'in'; column: string; values: readonly Literal[] }
  | { op: TextOp; column: string; text: string }
  /** `%` any text, `_` one character; `escape`, one character, takes the meaning from the next. */
  | { op: 'like'; column: string; pattern: string; escape: string };

export const comparisonOps = ['=', '<=>', '<>', '<', '<=', '>', '>='] as const;
export type ComparisonOp = (typeof comparisonOps)[number];

export const textOps = ['starts', 'ends', 'contains'] as const;
export type TextOp = (typeof textOps)[number];

export type Operand = { column: string } | { literal: Literal };

/** A value. Numbers travel as decimal text, so that none loses digits. */
export type Literal =
  | { type: 'null' }
  | { type: 'bool'; value: boolean }
  /** Up to 76 digits. */
  | { type: 'int'; value: string }
  /** Up to 76 digits, `.` between them. */
  | { type: 'decimal'; value: string }
  /** Decimal text with an optional exponent, `NaN`, `Infinity` or `-Infinity`. */
  | { type: 'float'; value: string }
  | { type: 'string'; value: string }
  /** Bytes in hex. */
  | { type: 'binary'; value: string }
  /** Days since 1970-01-01. */
  | { type: 'date'; value: string }
  /** Microseconds since 1970-01-01 00:00:00 UTC. */
  | { type: 'timestamp'; value: string }
  /** Microseconds of a TIME, signed. */
  | { type: 'time'; value: string };

export const literalTypes = [
  'null',
  'bool',
  'int',
  'decimal',
  'float',
  'string',
  'binary',
  'date',
  'timestamp',
  'time',
] as const;
