import type {
  BinlogEvent,
  EventHeader,
  GtidEvent,
  QueryEvent,
  RowsEvent,
  XaPrepareEvent,
} from '../binlog/index.js';
import { charsetOfCollationNumber } from '../binlog/index.js';
import type { Checkpoint, Position } from '../protocol/index.js';
import { checkSource, type WriterCheckpoint } from './checkpoint.js';
import type { CommitQueue } from './commit-queue.js';
import type { ChangeBuffer } from './change-buffer.js';
import type { DdlApplier } from './ddl-applier.js';
import type { Statement } from './ddl/index.js';
import { nestedError, readStatement, rowStatementError, xaError } from './query-statement.js';
import type { GtidSet } from './gtid-set.js';
import { RewindRequest } from './rewind.js';
import { statementError } from './statement-error.js';
import type { TableFilter } from './table-filter.js';
import type { TableRouter } from './table-router.js';
import { Transaction, type SkipRange } from './transaction.js';

export interface LogApplierPorts {
  queue: CommitQueue;
  buffer: ChangeBuffer;
  router: TableRouter;
  filter: TableFilter;
  ddl: DdlApplier;
  gtids: GtidSet;
  /** Rows that are known to be rolled back further on. */
  skips: readonly SkipRange[];
}

/** Flags of the common header. Source: MySQL 9.7 libs/mysql/binlog/event/binlog_event.h. */
const artificialFlag = 0x20;
const relayLogFlag = 0x40;

/** Turns the events of a log into whole transactions, and DDL, in the source's order. */
export class LogApplier {
  readonly #ports: LogApplierPorts;
  #source: Checkpoint['source'] | undefined;
  #serverVersion = '';
  #position: Position | undefined;
  #finished: string | undefined;
  #sourceTimeMs: number;
  #transaction: Transaction | undefined;
  #gtid: GtidEvent | undefined;

  constructor(ports: LogApplierPorts, checkpoint: WriterCheckpoint | undefined) {
    this.#ports = ports;
    this.#source = checkpoint?.source;
    this.#position = checkpoint?.position;
    this.#finished = checkpoint?.finished;
    this.#sourceTimeMs = checkpoint?.sourceTimeMs ?? 0;
  }

  /** Where the next run goes on; undefined before the first event. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** True where the log that was read last ended with a ROTATE: `position` is in the next one. */
  get hasRotated(): boolean {
    return this.#finished !== undefined && this.#finished !== this.#position?.file;
  }

  get sourceTimeMs(): number {
    return this.#sourceTimeMs;
  }

  /** The transaction that has begun and not ended. */
  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  /** True between two transactions: the next event opens one, or is DDL. */
  get isBetweenTransactions(): boolean {
    return this.#transaction === undefined && this.#gtid === undefined;
  }

  /** The checkpoint of all whole transactions so far, or undefined before the first log was opened. */
  checkpoint(): WriterCheckpoint | undefined {
    if (this.#source === undefined || this.#position === undefined) return undefined;
    return {
      ...(this.#finished === undefined ? {} : { finished: this.#finished }),
      source: this.#source,
      position: this.#position,
      gtidSet: this.#ports.gtids.toString(),
      sourceTimeMs: this.#sourceTimeMs,
    };
  }

  /** Sets where reading begins, before the first event of a log that is not read from its start. */
  startAt(position: Position): void {
    this.#position = position;
  }

  /** Applies an event; gives a promise where the engine is to be waited for. */
  handle(event: BinlogEvent): Promise<void> | undefined {
    switch (event.kind) {
      case 'rows':
        return this.#applyRows(event);
      case 'table-map':
        if (this.#transaction === undefined) this.#begin(event, true);
        this.#ports.router.map(event);
        return undefined;
      case 'xid':
        return this.#commit(event);
      case 'gtid':
        return this.#startGroup(event);
      case 'query':
        return this.#applyQuery(event);
      case 'xa-prepare':
        return this.#endXa(event);
      case 'format-description':
        // A relay log starts with its replica's own description; the source's follows.
        if ((event.flags & relayLogFlag) !== 0) return undefined;
        this.#openLog({ flavor: event.flavor, serverId: event.serverId }, event);
        this.#serverVersion = event.serverVersion;
        this.#ports.router.setServer(event.serverVersion);
        return undefined;
      case 'rotate':
        if (this.isBetweenTransactions && (event.flags & artificialFlag) === 0) {
          this.#finished = event.file;
          this.#moveTo({ file: event.nextFile, offset: event.nextOffset });
        }
        return undefined;
      case 'gtid-list':
        this.#ports.gtids.addText(event.gtidSet);
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
    this.#ports.router.endStatement();
  }

  #openLog(source: Checkpoint['source'], event: EventHeader): void {
    if (this.#source !== undefined) checkSource(this.#source, source, event.file);
    this.#source = source;
    this.#finished = undefined;
    if (this.#position?.file !== event.file) {
      this.#position = { file: event.file, offset: event.endOffset };
    }
  }

  #pass(event: EventHeader): undefined {
    if (this.isBetweenTransactions) this.#moveTo({ file: event.file, offset: event.endOffset });
  }

  #moveTo(position: Position): void {
    const before = this.#position;
    if (before?.file === position.file && before.offset >= position.offset) return;
    this.#position = position;
    this.#ports.queue.markDirty();
  }

  #startGroup(event: GtidEvent): undefined {
    if (this.#transaction !== undefined) throw nestedError(event);
    this.#gtid = event;
    if (event.gtid !== undefined && /^\d+-/.test(event.gtid) && !event.standalone) {
      this.#begin(event, false);
    }
  }

  #begin(event: EventHeader, isImplicit: boolean): void {
    this.#transaction = new Transaction(this.#gtid ?? event, isImplicit);
  }

  #applyRows(event: RowsEvent): Promise<void> | undefined {
    const transaction = this.#transaction;
    const { router, queue, skips } = this.#ports;
    if (isSkipped(event, skips)) {
      if (event.endOfStatement) router.endStatement();
      return undefined;
    }
    const rows = router.append(event, (builder, table) => {
      transaction?.touch(builder);
      queue.open.tables.add(table);
    });
    if (transaction === undefined) return undefined;
    transaction.rows += rows;
    const isFull = rows > 0 && queue.addRows(event.rows.length);
    if (transaction.isImplicit && event.endOfStatement) return this.#commit(event);
    if (!isFull) return undefined;
    transaction.staged();
    return queue.stage();
  }

  /** Ends a transaction: what it did will be committed with the batch. */
  #commit(event: EventHeader): Promise<void> | undefined {
    const { queue } = this.#ports;
    const rows = this.#transaction?.rows ?? 0;
    this.#transaction = undefined;
    if (rows > 0) {
      queue.open.transactions += 1;
      queue.open.rowChanges += rows;
    }
    this.#endGroup(event);
    return queue.isDue() ? this.flush() : undefined;
  }

  #endGroup(event: EventHeader): void {
    if (this.#gtid?.gtid !== undefined) this.#ports.gtids.addText(this.#gtid.gtid);
    this.#gtid = undefined;
    this.#sourceTimeMs = event.timeSeconds * 1000;
    this.#moveTo({ file: event.file, offset: event.endOffset });
  }

  /** Sends all whole transactions to the engine. */
  async flush(): Promise<void> {
    const checkpoint = this.checkpoint();
    if (checkpoint !== undefined) await this.#ports.queue.commit(checkpoint);
  }

  #applyQuery(event: QueryEvent): Promise<void> | undefined {
    // By far the most frequent ones need no parser.
    if (event.sql === 'BEGIN') return this.#beginByStatement(event);
    if (event.sql === 'COMMIT') return this.#commit(event);
    const statement = readStatement(event, this.#source?.flavor ?? 'mysql', this.#serverVersion);
    switch (statement.kind) {
      case 'begin':
      case 'xa-start':
        return this.#beginByStatement(event);
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
        throw statementError(event, 'an XA transaction that was prepared before ends here', {
          hint: 'XA transactions in two steps are not carried over yet.',
        });
      case 'row-statement':
        return this.#refuseRowStatement(statement, event);
      case 'unknown':
        throw statementError(event, 'a statement of a kind that is not known');
      case 'no-effect':
      case 'xa-rollback':
        return this.#endStatement(event);
      case 'create-table':
      case 'drop-table':
        // Rows of temporary tables are not in the log, and a transaction may make and drop some.
        return statement.temporary ? this.#endStatement(event) : this.#applyDdl(statement, event);
      default:
        return this.#applyDdl(statement, event);
    }
  }

  #beginByStatement(event: QueryEvent): undefined {
    // MariaDB's GTID event has begun the transaction already.
    if (this.#transaction !== undefined && this.#transaction.rows > 0) throw nestedError(event);
    this.#begin(event, false);
  }

  /** A statement of its own, which belongs to no transaction. */
  #endStatement(event: QueryEvent): undefined {
    if (this.#transaction === undefined) this.#endGroup(event);
  }

  async #applyDdl(statement: Statement, event: QueryEvent): Promise<void> {
    const { ddl, queue, router, buffer } = this.#ports;
    if ((this.#transaction?.rows ?? 0) > 0) {
      throw statementError(event, 'DDL stands inside a transaction, behind row changes');
    }
    if (event.errorCode !== 0) {
      throw statementError(
        event,
        `a statement that ended with error ${event.errorCode} on the source`,
      );
    }
    const { serverCollation } = event;
    const serverCharset =
      serverCollation === undefined ? undefined : charsetOfCollationNumber(serverCollation);
    const changed = await ddl.apply(statement, { ...event, serverCharset });
    if (changed) {
      queue.open.statements += 1;
      queue.markDirty();
      router.forget();
      if (buffer.rows === 0) buffer.forget();
    }
    this.#endStatement(event);
  }

  #refuseRowStatement(
    statement: Extract<Statement, { kind: 'row-statement' }>,
    event: QueryEvent,
  ): undefined {
    const { table } = statement;
    if (table === undefined || this.#ports.filter.accepts(table)) {
      throw rowStatementError(statement, event);
    }
    return this.#endStatement(event);
  }

  #rollback(event: QueryEvent): Promise<void> | undefined {
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

  #rollbackTo(name: string, event: QueryEvent): undefined {
    const result = this.#transaction?.rollbackTo(name) ?? { outcome: 'unknown' };
    if (result.outcome === 'staged') {
      const skip = { file: event.file, start: result.offset, end: event.offset };
      throw new RewindRequest({ skip });
    }
    if (result.outcome === 'unknown') {
      throw statementError(event, `the savepoint ${name} is not in the log`);
    }
  }

  #endXa(event: XaPrepareEvent): Promise<void> | undefined {
    if (event.onePhase || (this.#transaction?.rows ?? 0) === 0) return this.#commit(event);
    throw xaError(event);
  }
}

function isSkipped(event: RowsEvent, skips: readonly SkipRange[]): boolean {
  return skips.some(
    ({ file, start, end }) => event.file === file && event.offset >= start && event.offset < end,
  );
}
