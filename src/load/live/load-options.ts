import type { ZeroDatePolicy } from '../../binlog/index.js';
import type { BatchLimits, NameOptions, TableFilterOptions } from '../../writer/index.js';

/** What decides which tables of a server are loaded, and how. */
export interface ServerLoadOptions extends TableFilterOptions, NameOptions {
  /** `db.table`: take these tables of a copy anew, and nothing else. */
  resync?: readonly string[];
  zeroDate?: ZeroDatePolicy;
  limits?: Partial<BatchLimits>;
  /** Sessions that read at the same time, at most. */
  connections?: number;
  signal?: AbortSignal;
  /** Called with the rows that were read, those that there are by the server's estimate, and a table. */
  onProgress?: (rows: number, rowsTotal: number, table: string) => void;
  /** Called with lines for people. */
  onNote?: (line: string) => void;
}
