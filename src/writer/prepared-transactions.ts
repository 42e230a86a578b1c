import type { XaPrepareEvent } from '../binlog/index.js';
import type { PreparedTransaction } from './checkpoint.js';
import type { Transaction } from './transaction.js';

/**
 * The XA transactions that are prepared and whose outcome is open. Their rows are not kept: they are
 * read again, from the log or from what `XaStore` keeps of a pipe, when XA COMMIT comes, which may be
 * files and restarts later.
 */
export class PreparedTransactions {
  readonly #byXid: Map<string, PreparedTransaction>;

  constructor(stored: readonly PreparedTransaction[] = []) {
    this.#byXid = new Map(stored.map((prepared) => [prepared.xid, prepared]));
  }

  /** What the checkpoint has to remember. */
  list(): PreparedTransaction[] {
    return [...this.#byXid.values()];
  }

  /** Notes a transaction at its XA PREPARE. */
  add(prepared: PreparedTransaction): void {
    this.#byXid.set(prepared.xid, prepared);
  }

  /** The transaction of an XID, or undefined where its XA PREPARE is not in the logs. */
  get(xid: string): PreparedTransaction | undefined {
    return this.#byXid.get(xid);
  }

  /** Forgets a transaction whose outcome is applied. */
  forget(xid: string): void {
    this.#byXid.delete(xid);
  }
}

/** What is to be known of a transaction at its XA PREPARE. */
export function prepareTransaction(
  event: XaPrepareEvent,
  transaction: Transaction,
): PreparedTransaction {
  return {
    xid: event.xid,
    file: event.file,
    start: transaction.startOffset,
    end: event.endOffset,
    hasRows: transaction.rows > 0 || transaction.isHeld,
  };
}

/**
 * The XID of an XA COMMIT or XA ROLLBACK, written as `XaPrepareEvent` has it; undefined where there
 * is none. Servers write it in one way, whatever the client wrote.
 *
 * Source: MySQL 9.7 sql/xa.h, XID::serialize; MariaDB 10.11 sql/xa.h, event_xid_t::serialize.
 */
export function xidOfStatement(sql: string): string | undefined {
  return /X'[0-9a-f]*',X'[0-9a-f]*',-?\d+/i
    .exec(sql)?.[0]
    .replace(/[A-F]/g, (digit) => digit.toLowerCase());
}
