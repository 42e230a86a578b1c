/**
 * The rows of a table as canonical text, the form in which source and copy are compared.
 *
 * Shape: `rows[r][c]` belongs to `columns[c]`; null is NULL. Numbers are decimal text, floats as
 * JavaScript prints them, bytes upper-case hex, times `YYYY-MM-DD hh:mm:ss.ffffff` with the
 * column's own fraction digits. Zero dates and dates with a zero part are NULL, as the copy has none.
 */
export interface TableRows {
  name: string;
  columns: readonly ComparedColumn[];
  primaryKey: readonly string[];
  rows: readonly (readonly (string | null)[])[];
}

export interface ComparedColumn {
  name: string;
  /** `DATA_TYPE` of the source's information_schema, as `varchar`. */
  dataType: string;
  /** Fraction digits of a temporal column. */
  fsp: number;
}

/** How a column's values are written in canonical text. */
export type Form = 'text' | 'bytes' | 'number' | 'float' | 'date' | 'time' | 'json';

/** The form of a MySQL type. Errors: throws for a type that nobody thought of. */
export function formOf(dataType: string): Form {
  if (/^(tiny|small|medium|big)?int$|^(decimal|year|bit)$/.test(dataType)) return 'number';
  if (/^(float|double)$/.test(dataType)) return 'float';
  if (/^(var)?char$|text$|^(enum|set|uuid|inet4|inet6)$/.test(dataType)) return 'text';
  if (/^(var)?binary$|blob$/.test(dataType)) return 'bytes';
  if (/^(date|datetime|timestamp)$/.test(dataType)) return 'date';
  if (dataType === 'time' || dataType === 'json') return dataType;
  throw new Error(`no canonical form for ${dataType}`);
}
