import { makeTableFilter, type TableFilterOptions } from '../writer/index.js';

interface TableReference {
  database: string;
  table: string;
}

/** Tables that patterns may mean, by the source's names. */
export interface MeantTables {
  /** Those that the copy has to have, or has: `--tables` chooses among them. */
  compared: readonly TableReference[];
  /** All others of either side, which `--exclude` may name as well. */
  others: readonly TableReference[];
}

/** Gives the patterns that fit no table, with their flags: what they were to compare was not. */
export function unmetPatterns(
  { include = [], exclude = [] }: TableFilterOptions,
  { compared, others }: MeantTables,
): string[] {
  const all = [...compared, ...others];
  return [
    ...include.filter((text) => !fitsAny(text, compared)).map((text) => `--tables ${text}`),
    ...exclude.filter((text) => !fitsAny(text, all)).map((text) => `--exclude ${text}`),
  ];
}

function fitsAny(text: string, tables: readonly TableReference[]): boolean {
  const pattern = makeTableFilter({ include: [text] });
  return tables.some((table) => pattern.accepts(table));
}
