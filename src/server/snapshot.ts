import {
  createSnapshot,
  dropSnapshot,
  findSnapshot,
  FlashError,
  queryRows,
  quoteString,
  storedTable,
  tableName,
  type Engine,
  type TableRef,
} from '../protocol/index.js';
import { type Account } from './users/index.js';

/** What all splits of a plan read. */
export interface PlanSource {
  /** The table whose rows are read: of a snapshot, or a view itself. */
  stored: TableRef;
  /** Undefined for a view, which no snapshot can hold: each read sees the newest state. */
  snapshot: string | undefined;
  expiresAtMs: number;
}

/**
 * The snapshots that a server makes for plans. They go with their tickets: by their client's
 * DROP SNAPSHOT, when they expire, or with the server, after which no ticket is good any more.
 */
export class PlanSnapshots {
  readonly #engine: Engine;
  /** When each expires, in ms since 1970, and whose it is. */
  readonly #own = new Map<string, { endMs: number; account: string | undefined }>();
  /** The engine changes one at a time: more would only wait there, each in the way of other calls. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Gives the table that the splits of a plan are to read: of the snapshot that the client names,
   * or of one that is made here.
   *
   * Errors: NOT_FOUND for a table or snapshot that is missing, or a snapshot without the table; what
   * `check` throws, before one is made for a request that has ended.
   */
  async choose(
    request: TableRef & { snapshot?: string },
    expiresAtMs: number,
    check: () => void,
    account: Account | undefined,
  ): Promise<PlanSource> {
    if (request.snapshot !== undefined) {
      const snapshot = await findSnapshot(this.#engine, request.snapshot);
      return {
        stored: storedTable(snapshot, request),
        snapshot: snapshot.name,
        expiresAtMs: Math.min(expiresAtMs, snapshot.expiresAtMs),
      };
    }
    const table = { database: request.database, table: request.table };
    if (!(await this.#holdsRows(table))) {
      return { stored: table, snapshot: undefined, expiresAtMs };
    }
    const snapshot = await this.#inTurn(() => {
      check();
      const expiresInMs = expiresAtMs - Date.now();
      return createSnapshot(this.#engine, { tables: [table], expiresInMs });
    });
    this.#remember(snapshot.name, { endMs: snapshot.expiresAtMs, account: account?.name });
    return { stored: storedTable(snapshot, table), snapshot: snapshot.name, expiresAtMs };
  }

  /** Drops the snapshot of a plan that nobody got; one that the client made is the client's. */
  async giveUp(source: PlanSource): Promise<void> {
    const { snapshot } = source;
    if (snapshot === undefined || !this.#own.delete(snapshot)) return;
    await this.#inTurn(() => dropSnapshot(this.#engine, snapshot));
  }

  /**
   * Carries out a client's DROP SNAPSHOT of a snapshot that was made for a plan of that client, who has no other right
   * to it; false where the statement is another one.
   */
  async dropFor(account: Account, sql: string): Promise<boolean> {
    const [, name = ''] = /^DROP SNAPSHOT IF EXISTS `(\w+)`$/.exec(sql) ?? [];
    if (this.#own.get(name)?.account !== account.name) return false;
    this.#own.delete(name);
    await this.#inTurn(() => dropSnapshot(this.#engine, name));
    return true;
  }

  /** Drops all that were made here. */
  async close(): Promise<void> {
    for (const name of [...this.#own.keys()]) {
      this.#own.delete(name);
      await dropSnapshot(this.#engine, name);
    }
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => undefined);
    return await done;
  }

  #remember(name: string, held: { endMs: number; account: string | undefined }): void {
    for (const [each, { endMs }] of this.#own) if (endMs < Date.now()) this.#own.delete(each);
    this.#own.set(name, held);
  }

  /** False for views. */
  async #holdsRows(table: TableRef): Promise<boolean> {
    const [row] = await queryRows(
      this.#engine,
      `SELECT engine LIKE '%MergeTree' AS holds_rows FROM system.tables
       WHERE database = ${quoteString(table.database)} AND name = ${quoteString(table.table)}`,
    );
    if (row !== undefined) return Boolean(row['holds_rows']);
    throw new FlashError('NOT_FOUND', `No table ${tableName(table)}`, {
      hint: 'TABLES (`theflash tables`) lists what there is.',
      place: { table: tableName(table) },
    });
  }
}

/** The error for a ticket whose snapshot is gone. */
export function snapshotGone(snapshot: string): FlashError {
  return new FlashError('EXPIRED', `The snapshot ${snapshot} was dropped, or is past its time`, {
    hint: 'Plan the scan again.',
  });
}
