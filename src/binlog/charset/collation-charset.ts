import { collationRuns } from './collations.js';

const charsets = buildCharsets();

/**
 * The charset of a collation number, as TABLE_MAP and QUERY events carry them.
 *
 * Shape: the charset's name as MySQL 9.7 has it: `utf8mb3`, never `utf8`; undefined for a number that
 * none of MySQL 5.6 to 9.7 and MariaDB 10.11 knows.
 */
export function charsetOfCollationNumber(collation: number): string | undefined {
  return charsets[collation];
}

function buildCharsets(): (string | undefined)[] {
  const charsetOf: (string | undefined)[] = [];
  for (const [first, last, charset] of collationRuns) {
    for (let collation = first; collation <= last; collation++) charsetOf[collation] = charset;
  }
  return charsetOf;
}
