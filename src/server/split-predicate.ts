import { quoteIdentifier, quoteString } from '../protocol/index.js';
import { bareType } from '../protocol/wire/index.js';

/** A column of the key. `engineType` as in the engine's catalog. */
export interface KeyColumn {
  name: string;
  engineType: string;
}

/**
 * Gives the conditions that cut a table at `bounds` into bounds + 1 parts. They cover it whatever
 * the bounds are: with "the key is below bound i" as f(i), part i is NOT f(i) AND f(i + 1), the
 * first f(1), the last NOT f(n). f is never NULL, so a row without a place in the order (a NULL, a
 * NaN) is below no bound, and in the last part.
 *
 * Shape: `bounds` ascending, each with a text for every key column: hex for String, else as toString
 * gives it. No bounds give one part without a condition, undefined.
 */
export function splitPredicates(
  key: readonly KeyColumn[],
  bounds: readonly (readonly string[])[],
): readonly (string | undefined)[] {
  const below = bounds.map((bound) => isBelow(key, bound));
  return [undefined, ...below].map((low, index) => {
    const high = below[index];
    const parts = [
      ...(low === undefined ? [] : [`NOT ${low}`]),
      ...(high === undefined ? [] : [high]),
    ];
    return parts.length === 0 ? undefined : parts.join(' AND ');
  });
}

/** `(a < x) OR (a = x AND b < y)`: ClickHouse finds ranges of the primary index in this form. */
function isBelow(key: readonly KeyColumn[], bound: readonly string[]): string {
  const ways = key.map((column, index) => {
    const equal = key.slice(0, index).map((each, at) => compare(each, '=', bound[at]));
    return `(${[...equal, compare(column, '<', bound[index])].join(' AND ')})`;
  });
  return `(${ways.join(' OR ')})`;
}

function compare(column: KeyColumn, op: string, text: string | undefined): string {
  const comparison = `${quoteIdentifier(column.name)} ${op} ${boundSql(column, text ?? '')}`;
  return column.engineType.includes('Nullable(') ? `ifNull(${comparison}, 0)` : comparison;
}

function boundSql(column: KeyColumn, text: string): string {
  const type = bareType(column.engineType);
  const fixed = /^FixedString\((\d+)\)$/.exec(type)?.[1];
  if (fixed !== undefined) return `toFixedString(unhex(${quoteString(text)}), ${fixed})`;
  if (type === 'String') return `unhex(${quoteString(text)})`;
  return `CAST(${quoteString(text)}, ${quoteString(type)})`;
}
