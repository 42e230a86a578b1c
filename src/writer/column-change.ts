import type { Column } from '../protocol/index.js';
import type { StatementSession } from './statement-session.js';

/** Rows whose value after a change is not certain: those of which `sql` is true. */
export interface Doubt {
  sql: string;
  /** Ends the sentence "there are rows with …". */
  what: string;
}

/** What a change of a column makes of a value, as SQL of the engine over the row before. */
export interface ConvertedValue {
  sql: string;
  doubts: readonly Doubt[];
}

/** A change of one column. `name` is the quoted name of the column before. */
export interface ColumnChange {
  from: Column;
  to: Column;
  name: string;
  session: StatementSession;
  /** Charset of the members of an ENUM or SET before; undefined for others, and where it is not known. */
  memberCharset: string | undefined;
}
