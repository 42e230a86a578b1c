import {
  encodeChanges,
  FlashError,
  queryRows,
  quoteString,
  quoteTable,
  type Engine,
  type LogInput,
} from '../protocol/index.js';
import type { Piece } from './change-buffer.js';
import type { PreparedTransaction } from './checkpoint.js';
import { bytesColumn, ownTable, preparedSchema } from './schema-store.js';

/** A prepared transaction as it stands in the log: the log's head, which says how to read, and its events. */
interface HeldTransaction {
  head: Uint8Array;
  events: Uint8Array;
}

/** What one prepared transaction of a pipe may be at most: it goes through memory as a whole. */
const heldMaxBytes = 256 * 1024 * 1024;

/**
 * Keeps the events of prepared XA transactions that come through a pipe, whose bytes can't be read
 * again: in the engine, by the batch that carries the checkpoint which names them.
 */
export class XaStore {
  readonly #engine: Engine;
  /** Makes durable what was taken. */
  readonly #settle: () => Promise<void>;
  /** Not taken yet; undefined for one that is to be deleted. */
  readonly #changes = new Map<string, HeldTransaction | undefined>();

  constructor(engine: Engine, settle: () => Promise<void>) {
    this.#engine = engine;
    this.#settle = settle;
  }

  /** Keeps a transaction. Errors: UNSUPPORTED for one that is too large. */
  hold({ xid, file, start }: PreparedTransaction, held: HeldTransaction): void {
    if (held.events.length > heldMaxBytes) {
      throw new FlashError(
        'UNSUPPORTED',
        `the XA transaction ${xid} in ${file} at offset ${start} has ${held.events.length} bytes, and comes through a pipe`,
        {
          hint: 'Save the log to a file and give its name instead of -.',
          place: { file, offset: start },
        },
      );
    }
    this.#changes.set(xid, held);
  }

  /** Forgets a transaction whose outcome is applied. */
  forget(xid: string): void {
    this.#changes.set(xid, undefined);
  }

  /** Gives a kept transaction as a log that holds it alone. Errors: BROKEN_DATA where it is gone. */
  async read(prepared: PreparedTransaction): Promise<LogInput> {
    const { head, events } = this.#changes.get(prepared.xid) ?? (await this.#load(prepared));
    return {
      name: prepared.file,
      location: prepared.file,
      sizeBytes: undefined,
      canRewind: true,
      chunks: async function* (offset) {
        yield await Promise.resolve(offset < prepared.start ? head : events);
      },
    };
  }

  /** Gives what has changed as rows of the engine's table, for the batch that carries the checkpoint. */
  takePieces(): Piece[] {
    if (this.#changes.size === 0) return [];
    const changes = [...this.#changes];
    this.#changes.clear();
    const schema = ownTable(preparedSchema, this.#engine);
    const { database, table } = schema;
    const none = new Uint8Array(0);
    const encoded = encodeChanges({
      schema,
      rows: changes.length,
      columns: [
        bytesColumn(changes.map(([xid]) => Buffer.from(xid, 'utf8'))),
        bytesColumn(changes.map(([, held]) => held?.head ?? none)),
        bytesColumn(changes.map(([, held]) => held?.events ?? none)),
      ],
      delmarks: Uint8Array.from(changes, ([, held]) => (held === undefined ? 1 : 0)),
    });
    return [{ table: { database, table }, changes: encoded, zeroDates: 0 }];
  }

  async #load({ xid, file, start }: PreparedTransaction): Promise<HeldTransaction> {
    await this.#settle();
    // Hex, as a query's strings come as text.
    const [row] = await queryRows(
      this.#engine,
      `SELECT hex(head) AS head, hex(events) AS events FROM ${quoteTable(ownTable(preparedSchema, this.#engine))}
       WHERE xid = ${quoteString(xid)}`,
    );
    if (row !== undefined) {
      return {
        head: Buffer.from(String(row['head']), 'hex'),
        events: Buffer.from(String(row['events']), 'hex'),
      };
    }
    throw new FlashError('BROKEN_DATA', `the XA transaction ${xid} is not in the engine`, {
      hint: 'Its rows are lost: bring the tables that it changes in anew, with --dump and --only.',
      place: { file, offset: start },
    });
  }
}
