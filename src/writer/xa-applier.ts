import type { BinlogEvent, EventHeader, QueryEvent, XaPrepareEvent } from '../binlog/index.js';
import type { Source } from '../protocol/index.js';
import type { PreparedTransaction } from './checkpoint.js';
import { PreparedTransactions, xidOfStatement } from './prepared-transactions.js';
import { unpreparedError } from './query-statement.js';
import { rereadTransaction } from './reread-log.js';
import { RewindRequest } from './rewind.js';
import type { Transaction } from './transaction.js';

/** What XA needs of the one who follows the log. */
export interface XaPorts {
  /** Where prepared XA transactions are read again. */
  source: Source;
  /** The transaction that has begun and not ended. */
  transaction: () => Transaction | undefined;
  begin: (event: EventHeader) => void;
  /** Ends a transaction, and the group of the log that brings it. */
  commit: (event: EventHeader) => Promise<void> | undefined;
  /** Applies an event of a transaction that is read again: its rows, maps and savepoints. */
  applyAgain: (event: BinlogEvent) => Promise<void> | undefined;
}

/** Holds XA transactions from their XA PREPARE until their outcome, over files and restarts. */
export class XaApplier {
  readonly #ports: XaPorts;
  readonly #prepared: PreparedTransactions;

  constructor(ports: XaPorts, stored: readonly PreparedTransaction[] | undefined) {
    this.#ports = ports;
    this.#prepared = new PreparedTransactions(stored);
  }

  /** The transactions whose outcome is open. */
  list(): PreparedTransaction[] {
    return this.#prepared.list();
  }

  /** XA PREPARE: what the transaction did waits for XA COMMIT. In one phase it is the commit. */
  prepare(event: XaPrepareEvent): Promise<void> | undefined {
    const transaction = this.#ports.transaction();
    if (event.onePhase || transaction === undefined) return this.#ports.commit(event);
    if (transaction.isStaged) {
      const { startFile: file, startOffset: start } = transaction;
      throw new RewindRequest({ hold: { file, start, end: event.endOffset } });
    }
    this.#prepared.add(event, transaction);
    transaction.discard();
    transaction.rows = 0;
    return this.#ports.commit(event);
  }

  /** XA COMMIT: reads the rows of the prepared transaction again, as those of this one. */
  async commit(event: QueryEvent): Promise<void> {
    const { source, transaction, begin, applyAgain } = this.#ports;
    const prepared = this.#prepared.get(xidOfStatement(event.sql) ?? '');
    if (prepared === undefined) throw unpreparedError(event);
    if (transaction() === undefined) begin(event);
    if (prepared.hasRows) {
      for await (const again of rereadTransaction(source, prepared)) await applyAgain(again);
    }
    await this.end(event);
  }

  /** Forgets a prepared transaction with its outcome, and ends the group that brings it. */
  end(event: QueryEvent): Promise<void> | undefined {
    this.#prepared.forget(xidOfStatement(event.sql) ?? '');
    return this.#ports.commit(event);
  }
}
