import { columnLayout } from '../../binlog/index.js';
import {
  encodeChanges,
  tableName,
  type Engine,
  type Position,
  type TableSchema,
} from '../../protocol/index.js';
import type { LoadSession, TableServer } from '../../source/index.js';
import {
  BatchWriter,
  defaultLimits,
  EngineTables,
  sideTable,
  type Piece,
} from '../../writer/index.js';
import type { ServerLoadOptions } from './load-options.js';
import {
  describeTableError,
  readDefinition,
  TablesChanged,
  type ListedTable,
  type TableList,
} from './source-tables.js';
import { partColumn, quoteSourceName, quoteSourceTable, selectParts } from './table-parts.js';
import { TextRows } from './text-rows.js';

/** A table whose rows are in the engine, where nobody sees them. */
export interface LoadedRows {
  rows: TextRows;
  /** The engine's table that holds them. */
  side: TableSchema;
  zeroDates: number;
  /** Where the log ended when the last row was read. */
  readAt: Position;
}

export interface ReadRequest {
  server: TableServer;
  engine: Engine;
  list: TableList;
  sessions: readonly LoadSession[];
  options: ServerLoadOptions;
}

/** Under which name the engine keeps how far a load is: never how far the copy is. */
const progressSource = 'dump';
/** So many tables, which are held open, wait for one commit. */
const endedMax = 50;

/**
 * Reads all tables by several sessions, and stages their rows. One table after the other, its parts at the
 * same time: each is read once, and few are held open.
 *
 * Errors: those of the server, with the table; of values; of the engine. The first one ends all.
 */
export async function readTables(request: ReadRequest): Promise<LoadedRows[]> {
  const reading = new TableReading(request);
  try {
    return await reading.run();
  } catch (error) {
    await reading.abort();
    throw error;
  }
}

/** One SELECT that is still to be run. */
interface Part {
  into: LoadedRows;
  sql: string;
}

class TableReading {
  readonly #request: ReadRequest;
  readonly #tables: EngineTables;
  readonly #writer: BatchWriter;
  readonly #bytesMax: number;
  readonly #rowsMax: number;
  readonly #rowsTotal: number;
  #turn: Promise<void> = Promise.resolve();
  /** Tables that were read and of which the last rows are not sent. */
  #ended: LoadedRows[] = [];
  /** The last rows of tables before these go to the engine while the next ones are read. */
  #rest: Promise<void> = Promise.resolve();
  #rows = 0;

  constructor(request: ReadRequest) {
    this.#request = request;
    const { engine, options, list } = request;
    this.#tables = new EngineTables(engine);
    this.#writer = new BatchWriter(engine, this.#tables, progressSource);
    const { bytesMax, rowsMax } = { ...defaultLimits, ...options.limits };
    this.#bytesMax = bytesMax;
    this.#rowsMax = rowsMax;
    this.#rowsTotal = list.copied.reduce((sum, { rows }) => sum + rows, 0);
  }

  async run(): Promise<LoadedRows[]> {
    const { list } = this.#request;
    const loaded: LoadedRows[] = [];
    for (const table of list.copied) {
      loaded.push(await this.#readTable(table, loaded.length + 1));
    }
    await this.#stageEnded();
    await this.#rest;
    await this.#writer.settle();
    return loaded;
  }

  async abort(): Promise<void> {
    for (const session of this.#request.sessions) session.close();
    await this.#turn;
    await this.#writer.abort();
  }

  async #readTable(table: ListedTable, number: number): Promise<LoadedRows> {
    const { engine, server, sessions, list, options } = this.#request;
    const known = await readDefinition(server, table, list.charsets.get(table.database));
    const name = tableName(table);
    if (known === undefined) throw new TablesChanged(`${name} is gone`);
    const side = { ...known.schema, ...sideTable(engine, number) };
    const rows = new TextRows(known, side, {
      zeroDate: options.zeroDate ?? 'null',
      kernel: engine.rowKernel,
      expected: Math.min(table.rows, this.#rowsMax, Math.floor(this.#bytesMax / rowBytes(side))),
    });
    // Its rows are sent in a later turn, so they are read meanwhile.
    const making = this.#inTurn(() => this.#tables.make(side));
    making.catch(() => undefined);
    const readAt = { file: '', offset: 0 };
    const into: LoadedRows = { rows, side, zeroDates: 0, readAt };
    const [first] = sessions;
    const named = (error: unknown): never => {
      throw describeTableError(error, name);
    };
    const bounds =
      first === undefined ? undefined : await readBounds(first, known.schema).catch(named);
    const parts = bounds === 'empty' ? [] : selectParts(known.schema, bounds, table.rows);
    const queue = parts.map((sql) => ({ into, sql }));
    const outcomes = await Promise.allSettled(
      sessions.map((session) =>
        this.#work(session, queue).catch((error: unknown) => {
          queue.length = 0;
          return named(error);
        }),
      ),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await making;
    this.#rows += rows.rows;
    into.readAt = await server.position();
    this.#ended.push(into);
    const bytes = this.#ended.reduce((sum, each) => sum + each.rows.builder.bytes, 0);
    if (this.#ended.length >= endedMax || bytes >= this.#bytesMax) await this.#stageEnded();
    return into;
  }

  async #work(session: LoadSession, queue: Part[]): Promise<void> {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const { into, sql } = part;
      // Without the savepoint an ALTER would wait for the whole load, and all statements after it.
      await session.query('SAVEPOINT part');
      await session.read(sql, into.rows, () => this.#pause(into));
      await session.query('ROLLBACK TO SAVEPOINT part');
    }
  }

  /** After a piece of an answer: sends what is enough for a batch. */
  #pause(into: LoadedRows): Promise<void> | undefined {
    const { rows } = into;
    this.#progress(into);
    const isFull = (): boolean =>
      rows.builder.rows >= this.#rowsMax || rows.builder.bytes >= this.#bytesMax;
    return isFull() ? this.#stage(into, isFull) : undefined;
  }

  #progress({ rows }: LoadedRows): void {
    const { onProgress } = this.#request.options;
    onProgress?.(this.#rows + rows.rows, this.#rowsTotal, tableName(rows.known.schema));
  }

  /** Begins to send what is left of tables that were read; small ones go together, as each commit costs its time. */
  async #stageEnded(): Promise<void> {
    const ended = this.#ended;
    this.#ended = [];
    // No more than these waits while the next tables are read.
    await this.#rest;
    this.#rest = this.#inTurn(async () => {
      await this.#send(ended);
      for (const { rows } of ended) rows.release();
    });
    // Who waits for it gets the error; until then it is nobody's.
    this.#rest.catch(() => undefined);
  }

  /**
   * Sends the rows of a table to the engine, where they are at least so many. Several sessions may ask for it at
   * the same time: that is done one after the other, and what one has sent is not there for the next.
   */
  #stage(into: LoadedRows, isEnough: () => boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (isEnough()) await this.#send([into]);
    });
  }

  async #send(all: readonly LoadedRows[]): Promise<void> {
    const filled = all.filter(({ rows }) => rows.builder.rows > 0);
    if (filled.length === 0) return;
    await this.#writer.commit(
      () => Promise.resolve({ create: [], pieces: filled.map(takePiece) }),
      '{}',
    );
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

/** Bytes that a row takes at least. */
function rowBytes({ columns }: TableSchema): number {
  return columns.reduce((sum, { type }) => {
    const layout = columnLayout(type);
    return sum + (layout.kind === 'fixed' ? layout.bytes : Int32Array.BYTES_PER_ELEMENT);
  }, 1);
}

/** Takes the rows of a table that are there. */
function takePiece(into: LoadedRows): Piece {
  const { builder } = into.rows;
  const zeroDates = builder.zeroDates.reduce((sum, count) => sum + count, 0);
  into.zeroDates += zeroDates;
  const changes = builder.take();
  const { database, table } = changes.schema;
  return { table: { database, table }, changes: encodeChanges(changes), zeroDates };
}

/** The smallest and the largest value of the column that a table is read by; undefined where it is read at once. */
async function readBounds(
  session: LoadSession,
  schema: TableSchema,
): Promise<readonly [bigint, bigint] | 'empty' | undefined> {
  const column = partColumn(schema);
  if (column === undefined) return undefined;
  const quoted = quoteSourceName(column);
  await session.query('SAVEPOINT part');
  const [row] = await session.query(
    `SELECT MIN(${quoted}), MAX(${quoted}) FROM ${quoteSourceTable(schema)}`,
  );
  await session.query('ROLLBACK TO SAVEPOINT part');
  const [first, last] = row ?? [];
  return first === undefined || last === undefined ? 'empty' : [BigInt(first), BigInt(last)];
}
