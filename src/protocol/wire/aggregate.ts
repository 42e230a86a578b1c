import { type JsonFields, JsonFields as Fields } from './json-fields.js';

/**
 * Partial aggregates of a split: the reader of several splits combines them, adding counts and sums
 * and taking the least of minima. A group may come once from each split.
 */
export interface Aggregate {
  /** Columns; none make one group, which is there without rows too. */
  groupBy: readonly string[];
  functions: readonly AggregateCall[];
}

export type AggregateCall =
  /** Rows, whatever is in them. */
  | { function: 'countRows'; as: string }
  /** `count` of values that are not NULL; the others are NULL where there are none. */
  | { function: ColumnFunction; column: string; as: string };

export const columnFunctions = ['count', 'min', 'max', 'sum'] as const;
export type ColumnFunction = (typeof columnFunctions)[number];

const itemsMax = 1000;

/** Parses an aggregate. Errors: PROTOCOL. */
export function parseAggregate(fields: JsonFields): Aggregate {
  return {
    groupBy: fields.texts('groupBy', itemsMax),
    functions: fields.list('functions', itemsMax, (item) =>
      parseCall(new Fields('function', item)),
    ),
  };
}

function parseCall(fields: JsonFields): AggregateCall {
  const name = fields.choice('function', ['countRows', ...columnFunctions]);
  const as = fields.text('as');
  if (name === 'countRows') return { function: name, as };
  return { function: name, column: fields.text('column'), as };
}
