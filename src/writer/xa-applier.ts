import type { BinlogEvent, EventHeader, QueryEvent, XaPrepareEvent } from '../binlog/index.js';
import type { Source } from '../protocol/index.js';
import type { PreparedTransaction } from './checkpoint.js';
import {
  PreparedTransactions,
  prepareTransaction,
  xidOfStatement,
} from './prepared-transactions.js';
import { unpreparedError } from './query-statement.js';
import { rereadTransaction } from './reread-log.js';
import { RewindRequest } from './rewind.js';
import type { Transaction } from './transaction.js';
import type { XaStore } from './xa-store.js';

/** What XA needs of the one who follows the log. */
export interface XaPorts {
  /** Where prepared XA transactions are read again. */
  source: Source;
  /** Where those of a pipe are kept. */
  store: XaStore;
  /** The bytes of the log that is being read, from `start` to `end`, and its head. */
  bytesOf: (start: number, end: number) => { head: Uint8Array; events: Uint8Array };
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
    if (transaction === undefined) return this.#ports.commit(event);
    const prepared = prepareTransaction(event, transaction);
    if (transaction.isHeld && this.isOneWay) return this.#hold(event, prepared);
    if (event.onePhase) return this.#ports.commit(event);
    if (transaction.isStaged) {
      const { startFile: file, startOffset: start } = transaction;
      throw new RewindRequest({ hold: { file, start, end: event.endOffset } });
    }
    this.#prepared.add(prepared);
    transaction.discard();
    transaction.rows = 0;
    return this.#ports.commit(event);
  }

  /** True where the log can't be read again: rows of XA transactions wait for their outcome. */
  get isOneWay(): boolean {
    return this.#ports.source.logs.some((log) => !log.canRewind);
  }

  /** The events of a transaction of a pipe are kept; in one phase it is committed here. */
  async #hold(event: XaPrepareEvent, prepared: PreparedTransaction): Promise<void> {
    const { store, bytesOf, commit } = this.#ports;
    const held = bytesOf(prepared.start, prepared.end);
    store.hold(prepared, held);
    if (event.onePhase) {
      await this.#applyAgain({ ...prepared, isStored: true });
      store.forget(prepared.xid);
    } else {
      this.#prepared.add({ ...prepared, isStored: true });
    }
    await commit(event);
  }

  async #applyAgain(prepared: PreparedTransaction): Promise<void> {
    const { source, store, applyAgain } = this.#ports;
    const logs = prepared.isStored === true ? [await store.read(prepared)] : source.logs;
    const again = rereadTransaction({ location: source.location, logs }, prepared);
    for await (const event of again) await applyAgain(event);
  }

  /** XA COMMIT: reads the rows of the prepared transaction again, as those of this one. */
  async commit(event: QueryEvent): Promise<void> {
    const { transaction, begin } = this.#ports;
    const prepared = this.#prepared.get(xidOfStatement(event.sql) ?? '');
    if (prepared === undefined) throw unpreparedError(event);
    if (transaction() === undefined) begin(event);
    if (prepared.hasRows) await this.#applyAgain(prepared);
    await this.end(event);
  }

  /** Forgets a prepared transaction with its outcome, and ends the group that brings it. */
  end(event: QueryEvent): Promise<void> | undefined {
    const xid = xidOfStatement(event.sql) ?? '';
    if (this.#prepared.get(xid)?.isStored === true) this.#ports.store.forget(xid);
    this.#prepared.forget(xid);
    return this.#ports.commit(event);
  }
}
