import {
  relayLogFlag,
  type BinlogEvent,
  type EventHeader,
  type GtidEvent,
  type QueryEvent,
  type RowsEvent,
  type TableMapEvent,
} from '../binlog/index.js';
import { FlashError, type Position, type Source } from '../protocol/index.js';
import type { StoredFilters, WriterCheckpoint } from './checkpoint.js';
import type { CommitQueue } from './commit-queue.js';
import type { ChangeBuffer } from './change-buffer.js';
import type { LogGroup } from './covered.js';
import type { DdlApplier } from './ddl-applier.js';
import type { Statement } from './ddl/index.js';
import type { ForeignKeyActions } from './foreign-keys/index.js';
import { isMariadbGtid } from './gtid-set.js';
import { noteLeftOut } from './left-out.js';
import type { LogPosition } from './log-position.js';
import { nestedError, readHeldStatement, readStatement } from './query-statement.js';
import { RewindRequest } from './rewind.js';
import { PassedStatements, rowStatementError, type RowStatement } from './row-statement.js';
import type { SchemaHistory } from './schema-history.js';
import { statementError } from './statement-error.js';
import { sessionOf } from './statement-session.js';
import type { TableFilter } from './table-filter.js';
import type { TableRouter } from './table-router.js';
import { Transaction, type SkipRange } from './transaction.js';
import { XaApplier } from './xa-applier.js';
import type { XaStore } from './xa-store.js';
import { addRowChanges, noRowChanges } from './totals.js';

export interface LogApplierPorts {
  /** Where prepared XA transactions are read again. */
  source: Source;
  queue: CommitQueue;
  buffer: ChangeBuffer;
  router: TableRouter;
  filter: TableFilter;
  history: SchemaHistory;
  /** What the checkpoint keeps of the filter. */
  filters: () => StoredFilters;
  /** The source stores names of databases and tables in lower case. */
  lowerCaseTableNames: boolean;
  ddl: DdlApplier;
  foreignKeys: ForeignKeyActions;
  log: LogPosition;
  /** Offsets of statements that the user leaves out. */
  skipStatements: readonly Position[];
  /** XA transactions of a pipe. */
  xaStore: XaStore;
  /** Rows that are known to be rolled back further on. */
  skips: readonly SkipRange[];
  /** Rows of XA transactions that wait for their XA COMMIT. */
  holds: readonly SkipRange[];
  onWarning: ((line: string) => void) | undefined;
}

/** What an event leaves to be waited for: the engine, where it has to keep up. */
type Pending = Promise<void> | undefined;

/** A flag of the common header. Source: MySQL 9.7 libs/mysql/binlog/event/binlog_event.h. */
const artificialFlag = 0x20;

/** ER_BAD_TABLE_ERROR. */
const unknownTableError = 1051;

/** Turns the events of a log into whole transactions, and DDL, in the source's order. */
export class LogApplier {
  readonly #ports: LogApplierPorts;
  /** How far whole transactions reach. */
  readonly log: LogPosition;
  readonly #xa: XaApplier;
  readonly #passed: PassedStatements;
  #serverVersion = '';
  #transaction: Transaction | undefined;
  #gtid: GtidEvent | undefined;
  /** The transaction that was committed last. */
  #ended: Transaction | undefined;
  /** The copy holds the transaction already: its rows and its DDL are passed over. */
  #isHeld = false;

  constructor(ports: LogApplierPorts, checkpoint: WriterCheckpoint | undefined) {
    this.#ports = ports;
    this.log = ports.log;
    this.#passed = new PassedStatements(ports.onWarning);
    this.#xa = new XaApplier(
      {
        source: ports.source,
        store: ports.xaStore,
        bytesOf: (start, end) => this.log.bytesOf(start, end),
        transaction: () => this.#transaction,
        begin: (event) => {
          this.#begin(event, false);
        },
        commit: (event) => this.#commit(event),
        applyAgain: (event) => this.#applyAgain(event),
      },
      checkpoint?.prepared,
    );
  }

  /** The transaction that has begun and not ended. */
  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  /** True between two transactions: the next event opens one, or is DDL. */
  get isBetweenTransactions(): boolean {
    return this.#transaction === undefined && this.#gtid === undefined;
  }

  /** Up to where a log has been read in whole transactions. */
  wholeUpTo(file: string): number {
    const { position } = this.log;
    const open = this.#transaction?.startOffset ?? this.#gtid?.offset;
    return open ?? (position?.file === file ? position.offset : 0);
  }

  /** From where on bytes are wanted once more: those of an XA transaction that comes through a pipe. */
  get wantedFrom(): number | undefined {
    if (!this.#xa.isOneWay) return undefined;
    if (this.#transaction !== undefined && !this.#transaction.isXa) return undefined;
    return this.#transaction?.startOffset ?? this.#gtid?.offset;
  }

  /** The checkpoint of all whole transactions so far, or undefined before the first log was opened. */
  checkpoint(): WriterCheckpoint | undefined {
    const checkpoint = this.log.checkpoint();
    if (checkpoint === undefined) return undefined;
    const prepared = this.#xa.list();
    const filters = this.#ports.filters();
    return { ...checkpoint, filters, ...(prepared.length === 0 ? {} : { prepared }) };
  }

  /** Applies an event; gives a promise where the engine is to be waited for. */
  handle(event: BinlogEvent): Pending {
    switch (event.kind) {
      case 'rows':
        return this.#applyRows(event, this.#ports.holds);
      case 'table-map':
        if (this.#transaction === undefined) this.#begin(event, true);
        if (!this.#isPassedOver) this.#mapTable(event);
        return undefined;
      case 'xid':
        return this.#commit(event);
      case 'gtid':
        return this.#startGroup(event);
      case 'query':
        return this.#applyQuery(event);
      case 'xa-prepare':
        return this.#xa.prepare(event);
      case 'format-description':
        // A relay log starts with its replica's own description; the source's follows.
        if ((event.flags & relayLogFlag) !== 0) return undefined;
        this.log.openLog(event);
        this.#serverVersion = event.serverVersion;
        this.#ports.router.setServer(event.serverVersion);
        this.#ports.foreignKeys.openLog(event);
        return undefined;
      case 'rotate':
        if (this.isBetweenTransactions && (event.flags & artificialFlag) === 0) {
          this.log.rotate(event);
        }
        return undefined;
      case 'gtid-list':
        this.log.earlier(event);
        return this.#pass(event);
      case 'other':
        return this.#pass(event);
    }
  }

  /** Drops a transaction whose end is not in the log. */
  discardTransaction(): void {
    this.#transaction?.discard();
    this.#transaction = undefined;
    this.#gtid = undefined;
    this.#isHeld = false;
    this.#ports.router.endStatement();
  }

  #pass(event: EventHeader): Pending {
    if (this.isBetweenTransactions) this.log.pass(event);
    return undefined;
  }

  #startGroup(event: GtidEvent): Pending {
    if (this.#transaction !== undefined) throw nestedError(event);
    this.#isHeld = this.log.isHeld(event);
    this.#gtid = event;
    if (isMariadbGtid(event) && !event.standalone) {
      this.#begin(event, false, event.preparesXa);
    }
    return undefined;
  }

  #begin(event: EventHeader, isImplicit: boolean, isXa = false): void {
    this.#transaction = new Transaction(this.#gtid ?? event, isImplicit);
    this.#transaction.isXa = isXa;
  }

  #applyRows(event: RowsEvent, holds: readonly SkipRange[], isAgain = false): Pending {
    const transaction = this.#transaction;
    const { router, queue, skips } = this.#ports;
    const isHeld =
      isWithin(event, holds) || (transaction?.isXa === true && !isAgain && this.#xa.isOneWay);
    if (isHeld && transaction !== undefined) transaction.isHeld = true;
    if (isHeld || isWithin(event, skips) || this.#isPassedOver) {
      if (event.endOfStatement) router.endStatement();
      return undefined;
    }
    const rows = router.append(event, (builder, table) => {
      transaction?.touch(builder);
      queue.open.tables.add(table);
    });
    if (transaction === undefined) return undefined;
    transaction.addRows(event.change, rows);
    const isFull = rows > 0 && queue.addRows(event.rows.length);
    if (transaction.isImplicit && event.endOfStatement) return this.#commit(event);
    if (!isFull) return undefined;
    transaction.staged();
    return queue.stage();
  }

  /** Rows of XA transactions count when XA COMMIT comes, which may be one that is not held. */
  get #isPassedOver(): boolean {
    return this.#isHeld && this.#transaction?.isXa !== true;
  }

  /** Ends a transaction: what it did will be committed with the batch. */
  #commit(event: EventHeader): Pending {
    const { queue } = this.#ports;
    const { rows, changes } = this.#transaction ?? { rows: 0, changes: noRowChanges };
    this.#ended = this.#transaction;
    this.#transaction = undefined;
    if (rows > 0) {
      queue.open.transactions += 1;
      queue.open.rowChanges += rows;
      queue.open.changes = addRowChanges(queue.open.changes, changes);
    }
    this.#endGroup(event);
    return queue.isDue() ? this.flush() : undefined;
  }

  /** A prepared transaction is read again: its outcome may stand after the dump that holds a table. */
  #mapTable(event: TableMapEvent): void {
    const isPassedOver = this.#ports.router.map(event, this.#groupOf(event));
    if (isPassedOver && this.#transaction !== undefined) this.#transaction.isHeld = true;
  }

  /** The transaction or statement that an event belongs to. */
  #groupOf({ file, offset }: EventHeader): LogGroup {
    const { startFile = file, startOffset = offset } = this.#transaction ?? {};
    return { file: startFile, offset: startOffset, gtid: this.#gtid?.gtid };
  }

  #endGroup(event: EventHeader): void {
    const gtid = this.#gtid?.gtid;
    const isHeld = this.#isHeld;
    this.#gtid = undefined;
    this.#isHeld = false;
    this.log.endGroup(event, gtid, isHeld);
  }

  /** Adds the place of the last transaction to what the engine said of it. */
  locate(error: unknown): unknown {
    const ended = this.#ended;
    if (!(error instanceof FlashError) || ended === undefined) return error;
    const { startFile: file, startOffset: offset } = ended;
    const { code, message, hint, place, cause } = error;
    return new FlashError(code, `${file} at offset ${offset}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      place: { ...place, file, offset },
      cause: cause ?? error,
    });
  }

  /** Waits until what was committed is visible. Errors: what the engine refuses. */
  async settle(): Promise<void> {
    await this.#ports.queue.settle();
  }

  /** In how many ms whole transactions have to be committed, if no more comes; undefined for none. */
  dueInMs(): number | undefined {
    return (this.#transaction?.rows ?? 0) === 0 ? this.#ports.queue.dueInMs() : undefined;
  }

  /** Sends all whole transactions to the engine. */
  async flush(): Promise<void> {
    const checkpoint = this.checkpoint();
    if (checkpoint !== undefined) await this.#ports.queue.commit(checkpoint);
  }

  #read(event: QueryEvent, read: typeof readStatement): Statement {
    const { lowerCaseTableNames } = this.#ports;
    return read(event, this.log.flavor, this.#serverVersion, lowerCaseTableNames);
  }

  #applyQuery(event: QueryEvent): Pending {
    // By far the most frequent ones need no parser.
    if (event.sql === 'BEGIN') return this.#beginByStatement(event);
    if (event.sql === 'COMMIT') return this.#commit(event);
    if (this.#isLeftOut(event)) return this.#endStatement(event);
    // Only its end changes the table; what stands between is of other sessions.
    if (event.alterPhase === 'start' || event.alterPhase === 'rollback')
      return this.#endStatement(event);
    const statement = this.#read(event, this.#isHeld ? readHeldStatement : readStatement);
    switch (statement.kind) {
      case 'begin':
        return this.#beginByStatement(event);
      case 'xa-start':
        return this.#beginByStatement(event, true);
      case 'commit':
        return this.#commit(event);
      case 'rollback':
        return this.#rollback(event);
      case 'savepoint':
        this.#transaction?.setSavepoint(statement.name, event.endOffset);
        return undefined;
      case 'rollback-to':
        return this.#rollbackTo(statement.name, event);
      case 'release-savepoint':
        this.#transaction?.release(statement.name);
        return undefined;
      case 'xa-end':
        return undefined;
      case 'xa-commit':
        return this.#isHeld ? this.#xa.end(event) : this.#xa.commit(event);
      case 'delete-all':
        // In a transaction it may be rolled back, but for the server's own; by itself it is a TRUNCATE.
        return this.#transaction === undefined || event.sql.includes('/* generated by server')
          ? this.#applyDdl({ ...statement, kind: 'truncate-table' }, event)
          : this.#refuseRowStatement(
              { ...statement, kind: 'row-statement', verb: 'DELETE' },
              event,
            );
      case 'row-statement':
        return this.#refuseRowStatement(statement, event);
      case 'unknown':
        throw statementError(event, 'a statement of a kind that is not known');
      case 'xa-rollback':
        return this.#xa.end(event);
      case 'no-effect':
        return this.#endStatement(event);
      case 'create-table':
      case 'drop-table':
        // Rows of temporary tables are not in the log, and a transaction may make and drop some.
        if (!statement.temporary) return this.#applyDdl(statement, event);
        if (statement.kind === 'create-table') {
          this.#ports.ddl.passTemporary(statement.table, event, this.#groupOf(event));
        }
        return this.#endStatement(event);
      default:
        return this.#applyDdl(statement, event);
    }
  }

  #beginByStatement(event: QueryEvent, isXa = false): Pending {
    // MariaDB's GTID event has begun the transaction already.
    if (this.#transaction !== undefined && this.#transaction.rows > 0) throw nestedError(event);
    this.#begin(event, false, isXa || this.#transaction?.isXa);
    return undefined;
  }

  #isLeftOut({ file, offset }: QueryEvent): boolean {
    return this.#ports.skipStatements.some((skip) => skip.file === file && skip.offset === offset);
  }

  /** A statement of its own, which belongs to no transaction. */
  #endStatement(event: QueryEvent): Pending {
    if (this.#transaction === undefined) this.#endGroup(event);
    return undefined;
  }

  async #applyDdl(statement: Statement, event: QueryEvent): Promise<void> {
    const { ddl, queue, router, buffer, filter, foreignKeys, history } = this.#ports;
    if ((this.#transaction?.rows ?? 0) > 0) {
      throw statementError(event, 'DDL stands inside a transaction, after row changes');
    }
    // Some of the tables of a DROP were not there; the others are gone.
    const isPartDrop = statement.kind === 'drop-table' && event.errorCode === unknownTableError;
    if (event.errorCode !== 0 && !isPartDrop) {
      throw statementError(
        event,
        `a statement that ended with error ${event.errorCode} on the source`,
      );
    }
    // What is noted belongs to the foreign keys as they are before the statement.
    if (foreignKeys.isPending) await this.flush();
    const session = sessionOf(event, this.log.flavor, this.#serverVersion);
    const gtid = this.#gtid?.gtid;
    const changed = await ddl.apply(statement, { ...event, session, gtid });
    noteLeftOut(statement, filter, history);
    if (changed) {
      queue.open.statements += 1;
      queue.markDirty();
      router.forget();
      foreignKeys.forget();
      if (buffer.rows === 0) buffer.forget();
    }
    await this.#endStatement(event);
  }

  #refuseRowStatement(statement: RowStatement, event: QueryEvent): Pending {
    const { verb, table } = statement;
    const { history, filter, source } = this.#ports;
    const isPassed =
      table !== undefined &&
      (!filter.accepts(table) || history.covers(table, this.#groupOf(event)));
    if (!isPassed) {
      throw rowStatementError(statement, event, { history, serverUrl: source.serverUrl });
    }
    this.#passed.note(verb, table, event);
    return this.#endStatement(event);
  }

  #rollback(event: QueryEvent): Pending {
    const transaction = this.#transaction;
    if (transaction?.isStaged === true) {
      const { startFile: file, startOffset: start } = transaction;
      throw new RewindRequest({ skip: { file, start, end: event.offset } });
    }
    transaction?.discard();
    this.#transaction = undefined;
    this.#endGroup(event);
    return undefined;
  }

  #rollbackTo(name: string, event: QueryEvent): Pending {
    const result = this.#transaction?.rollbackTo(name) ?? { outcome: 'unknown' };
    if (result.outcome === 'staged') {
      const skip = { file: event.file, start: result.offset, end: event.offset };
      throw new RewindRequest({ skip });
    }
    if (result.outcome === 'unknown') {
      throw statementError(event, `the savepoint ${name} is not in the log`);
    }
    return undefined;
  }

  /** What counts of a prepared transaction when its rows are read again. */
  #applyAgain(event: BinlogEvent): Pending {
    if (event.kind === 'table-map') this.#mapTable(event);
    if (event.kind === 'rows') return this.#applyRows(event, [], true);
    if (event.kind !== 'query') return undefined;
    const statement = this.#read(event, readStatement);
    switch (statement.kind) {
      case 'savepoint':
      case 'release-savepoint':
      case 'rollback-to':
        return this.#applyQuery(event);
      default:
        return undefined;
    }
  }
}

function isWithin(event: RowsEvent, ranges: readonly SkipRange[]): boolean {
  return ranges.some(
    ({ file, start, end }) => event.file === file && event.offset >= start && event.offset < end,
  );
}
