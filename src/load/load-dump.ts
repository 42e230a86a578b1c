import type { ZeroDatePolicy } from '../binlog/index.js';
import {
  encodeChanges,
  FlashError,
  tableName,
  type Engine,
  type LogInput,
  type Position,
} from '../protocol/index.js';
import {
  BatchWriter,
  boundTables,
  checkOwners,
  checkpointSource,
  defaultLimits,
  dropSideTables,
  EngineTables,
  GtidSet,
  loadHistory,
  makeTableFilter,
  parseCheckpoint,
  sideTable,
  storedFilters,
  swapTables,
  type BatchLimits,
  type Beginning,
  type Moment,
  type Piece,
  type SchemaHistory,
  type TableFilter,
  type NameOptions,
  type TableFilterOptions,
  type WriterCheckpoint,
} from '../writer/index.js';
import { checkAge, checkFresh, isLoaded } from './dump-moment.js';
import { dumpError } from './dump/dump-error.js';
import { DumpReader, type DumpSink } from './dump/dump-reader.js';
import { RowScanner } from './dump/row-scanner.js';
import type { DumpedTable } from './dump/dump-tables.js';
import { TableLoader } from './dump/table-loader.js';
import { publishLoad } from './publish-load.js';

/** Under which name the engine keeps how far a load is: never how far the copy is. */
const progressSource = 'dump';
/** Bytes of statements after which a table's rows are measured. */
const measureBytes = 256 * 1024;

export interface LoadOptions extends TableFilterOptions, NameOptions {
  /** `db.table`: replace these tables of a copy, and nothing else. */
  only?: readonly string[];
  /** The place in the source's logs as of which a dump is that does not name it. */
  baselinePosition?: Position;
  zeroDate?: ZeroDatePolicy;
  limits?: Partial<BatchLimits>;
  signal?: AbortSignal;
  onProgress?: (bytesRead: number) => void;
}

/** What a load has brought. Shape: `rows` and `tables` are 0 and empty where all was loaded before. */
export interface LoadResult {
  rows: number;
  tables: readonly string[];
  bytesRead: number;
  zeroDates: number;
  /** What the copy stands on. */
  beginning: Beginning | undefined;
  position: Position | undefined;
  gtidSet: string;
  /** What users should know about values that a dump does not hold exactly. */
  warnings: readonly string[];
  /** The copy has the dump's rows from an earlier run. */
  wasLoaded: boolean;
  interrupted: boolean;
}

/**
 * Loads a dump with rows into an engine: the beginning of a copy or, with `only`, tables of one anew.
 *
 * Guarantee: readers see all of it at one moment, with the checkpoint, or nothing. A load that was
 * killed is begun anew by the next run. Memory: the longest statement and the batches' limits.
 * Errors: INVALID_REQUEST for a dump that is cut, not understood or without a position; UNSUPPORTED for
 * values that it does not hold exactly; SOURCE_MISMATCH where it does not fit the copy.
 */
export async function loadDump(
  dump: LogInput,
  engine: Engine,
  options: LoadOptions = {},
): Promise<LoadResult> {
  const stored = await engine.readCheckpoint(checkpointSource);
  let checkpoint = stored === undefined ? undefined : parseCheckpoint(stored);
  if (checkpoint?.swaps !== undefined) {
    await swapTables(engine, checkpoint.swaps);
    checkpoint = { ...checkpoint };
    delete checkpoint.swaps;
  }
  await dropSideTables(engine);
  const load = new DumpLoad(
    dump,
    engine,
    options,
    { checkpoint, stored },
    await loadHistory(engine),
  );
  return load.run();
}

class DumpLoad implements DumpSink {
  readonly #dump: LogInput;
  readonly #engine: Engine;
  readonly #options: LoadOptions;
  readonly #checkpoint: WriterCheckpoint | undefined;
  /** The checkpoint as the engine gave it. */
  readonly #stored: string | undefined;
  readonly #history: SchemaHistory;
  readonly #filter: TableFilter;
  readonly #tables: EngineTables;
  readonly #writer: BatchWriter;
  readonly #scanner = new RowScanner();
  readonly #reader: DumpReader;
  readonly #limits: BatchLimits;
  readonly #loaders = new Map<string, TableLoader>();
  #current: TableLoader | undefined;
  #unmeasuredBytes = 0;
  #zeroDates = 0;
  #isLoaded = false;

  constructor(
    dump: LogInput,
    engine: Engine,
    options: LoadOptions,
    {
      checkpoint,
      stored,
    }: { checkpoint: WriterCheckpoint | undefined; stored: string | undefined },
    history: SchemaHistory,
  ) {
    this.#dump = dump;
    this.#engine = engine;
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#stored = stored;
    this.#history = history;
    this.#filter = onlyTables(makeTableFilter(options), options.only ?? [], checkpoint);
    this.#tables = new EngineTables(engine);
    this.#writer = new BatchWriter(engine, this.#tables, progressSource);
    this.#reader = new DumpReader(dump.location, this.#filter, this);
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  async run(): Promise<LoadResult> {
    let interrupted: boolean;
    try {
      interrupted = !(await this.#read());
      if (!interrupted && !this.#isLoaded) await this.#finish();
    } catch (error) {
      await this.#writer.abort();
      // What is left over is nobody's business; the next load drops it, if this one can't.
      await dropSideTables(this.#engine).catch(() => undefined);
      throw error;
    }
    if (interrupted) {
      await this.#writer.abort();
      await dropSideTables(this.#engine);
    }
    const isDone = !interrupted && !this.#isLoaded;
    const loaders = isDone ? [...this.#loaders.values()] : [];
    const { session, bytesRead } = this.#reader;
    return {
      rows: loaders.reduce((sum, { rows }) => sum + rows, 0),
      tables: isDone ? [...this.#loaders.keys()] : [],
      bytesRead,
      zeroDates: isDone ? this.#zeroDates : 0,
      beginning: this.#checkpoint?.beginning ?? this.#beginning(session.gtidSet),
      position: this.#position(),
      gtidSet: session.gtidSet,
      warnings: loaders.flatMap((loader) => warningsOf(loader)),
      wasLoaded: this.#isLoaded,
      interrupted,
    };
  }

  /** A table that the dump makes: its rows come next. */
  async openTable(table: DumpedTable, offset: number): Promise<boolean> {
    await this.#endTable();
    if (this.#loaders.size === 0 && this.#isKnown()) {
      this.#isLoaded = true;
      return false;
    }
    const name = tableName(table.known.schema);
    const { location } = this.#dump;
    if (this.#loaders.has(name)) {
      throw dumpError(location, `it makes ${name} twice`, { offset, table: name });
    }
    const target = this.#filter.target(table.known.schema);
    const same = [...this.#loaders.values()].find(
      (each) => tableName(this.#filter.target(each.table.known.schema)) === tableName(target),
    );
    if (same !== undefined) {
      const names = `${tableName(same.table.known.schema)} and ${name}`;
      const problem = `it holds ${names}, which would both be ${tableName(target)} in the engine`;
      const hint = 'Give each a name of its own with --rename, or leave one out with --exclude.';
      throw dumpError(location, problem, { offset, table: name, hint });
    }
    await checkOwners(this.#engine, [target]);
    if (this.#checkpoint === undefined) await checkFresh(this.#tables, name, target, 'the dump');
    const side = { ...table.known.schema, ...sideTable(this.#engine, this.#loaders.size + 1) };
    const { zeroDate = 'null' } = this.#options;
    const { session } = this.#reader;
    const more = { offset, scanner: this.#scanner, zeroDate };
    const loader = new TableLoader(location, table, side, session, more);
    await this.#writer.commit(
      () => Promise.resolve({ create: [{ schema: side, mustExist: undefined }], pieces: [] }),
      JSON.stringify({ dump: location, tables: this.#loaders.size + 1 }),
    );
    this.#loaders.set(name, loader);
    return true;
  }

  /** Rows of a table: `rowsAt` is where the first one begins. */
  appendRows(
    table: string,
    bytes: Uint8Array,
    header: { rowsAt: number; columns: readonly string[] | undefined },
    offset: number,
  ): Promise<void> | undefined {
    const loader = this.#loaders.get(table);
    if (loader === undefined) {
      throw dumpError(
        this.#dump.location,
        `it has rows of ${table}, and no CREATE TABLE before them`,
        {
          offset,
          table,
          hint: 'Dump again without --no-create-info.',
        },
      );
    }
    const isOther = loader !== this.#current && this.#current !== undefined;
    if (isOther) return this.#endTable().then(() => this.appendRows(table, bytes, header, offset));
    this.#current = loader;
    loader.append(bytes, header.rowsAt, header.columns, offset);
    this.#unmeasuredBytes += bytes.length;
    if (this.#unmeasuredBytes < measureBytes) return undefined;
    this.#unmeasuredBytes = 0;
    const { builder } = loader;
    const { bytesMax, rowsMax } = this.#limits;
    return builder.bytes >= bytesMax || builder.rows >= rowsMax ? this.#stage() : undefined;
  }

  async #read(): Promise<boolean> {
    const { signal, onProgress } = this.#options;
    for await (const chunk of this.#dump.chunks(0)) {
      if (signal?.aborted === true) return false;
      await this.#reader.push(chunk);
      if (this.#isLoaded) return true;
      onProgress?.(this.#reader.bytesRead);
    }
    if (signal?.aborted === true) return false;
    await this.#reader.finish();
    return true;
  }

  /** Whether this very dump was loaded before. Errors: where it can't be loaded here and now. */
  #isKnown(): boolean {
    const moment = this.#moment();
    const only = this.#options.only ?? [];
    if (isLoaded(this.#checkpoint, this.#history, only, moment)) return true;
    checkAge(this.#dump.location, this.#checkpoint, only, moment);
    return false;
  }

  #position(): Position | undefined {
    return this.#options.baselinePosition ?? this.#reader.session.position;
  }

  #beginning(gtidSet: string): Beginning | undefined {
    const position = this.#position();
    return position === undefined ? undefined : { kind: 'baseline', position, gtidSet };
  }

  #moment(): Moment {
    const position = this.#position();
    const { session } = this.#reader;
    if (position === undefined || session.hasTwoPositions) {
      const problem = session.hasTwoPositions
        ? 'it names two places in the logs'
        : 'it does not say as of which place in the logs its rows are';
      throw dumpError(this.#dump.location, problem);
    }
    return { position, gtidSet: GtidSet.parse(session.gtidSet).toString() };
  }

  /** Sends the rows of the table that was read last to the engine, where nobody sees them yet. */
  async #stage(): Promise<void> {
    const loader = this.#current;
    if (loader === undefined || loader.builder.rows === 0) return;
    const { location } = this.#dump;
    await this.#writer.commit(
      () => {
        const zeroDates = loader.builder.zeroDates.reduce((sum, count) => sum + count, 0);
        this.#zeroDates += zeroDates;
        const changes = loader.builder.take();
        const { database, table } = changes.schema;
        const piece: Piece = {
          table: { database, table },
          changes: encodeChanges(changes),
          zeroDates,
        };
        return Promise.resolve({ create: [], pieces: [piece] });
      },
      JSON.stringify({ dump: location, tables: this.#loaders.size }),
    );
  }

  /** Sends what is left of a table, and gives back the memory of its columns. */
  async #endTable(): Promise<void> {
    await this.#stage();
    this.#current?.release();
    this.#current = undefined;
  }

  /** Makes all that was loaded visible, with the checkpoint. */
  async #finish(): Promise<void> {
    await this.#endTable();
    await this.#writer.settle();
    const only = this.#options.only ?? [];
    const missing = only.find((name) => !this.#loaders.has(name));
    if (missing !== undefined || this.#loaders.size === 0) {
      throw dumpError(
        this.#dump.location,
        `it does not make ${missing ?? 'any table that is copied'}`,
        {
          hint: 'Name tables that the dump holds, as SHOW TABLES spells them.',
        },
      );
    }
    const moment = this.#moment();
    this.#checkBound(only);
    const loaded = [];
    for (const loader of this.#loaders.values()) {
      const { known } = loader.table;
      loaded.push({ side: loader.builder.schema, to: this.#filter.target(known.schema) });
      this.#history.set(only.length === 0 ? known : { ...known, since: moment });
    }
    if (this.#checkpoint === undefined) {
      for (const table of this.#reader.tables.leftOut) this.#history.leaveOut(table);
    }
    for (const [database, charset] of this.#reader.tables.charsets) {
      if (this.#checkpoint === undefined) this.#history.setDatabaseCharset(database, charset);
    }
    const checkpoint = this.#checkpoint ?? this.#firstCheckpoint(moment);
    await publishLoad(this.#engine, this.#history, loaded, { checkpoint, stored: this.#stored });
  }

  /** Errors: INVALID_REQUEST where tables that foreign keys bind would be of different moments. */
  #checkBound(only: readonly string[]): void {
    if (only.length === 0) return;
    const loaded = [...this.#loaders.values()].map(({ table }) => table.known);
    const others = this.#history.tables().filter(({ schema }) => !only.includes(tableName(schema)));
    const missing = boundTables([...loaded, ...others], only);
    if (missing.length === 0) return;
    const flags = [...only, ...missing].map((name) => `--only ${name}`).join(' ');
    throw dumpError(
      this.#dump.location,
      `foreign keys with actions bind ${only.join(', ')} to ${missing.join(', ')}, which would be of another moment`,
      { hint: `Dump and load them together: ${flags}.` },
    );
  }

  #firstCheckpoint({ position, gtidSet }: Moment): WriterCheckpoint {
    const flavor = this.#reader.session.isMariadb ? 'mariadb' : 'mysql';
    const { zeroDate = 'null' } = this.#options;
    return {
      source: { flavor },
      filters: storedFilters(this.#options, zeroDate, this.#filter, undefined),
      position,
      gtidSet,
      sourceTimeMs: 0,
      beginning: { kind: 'baseline', position, gtidSet },
    };
  }
}

/** The filter of a copy, and of the tables that `--only` names no other. */
function onlyTables(
  filter: TableFilter,
  only: readonly string[],
  checkpoint: WriterCheckpoint | undefined,
): TableFilter {
  if (only.length === 0) return filter;
  if (checkpoint === undefined) {
    throw new FlashError(
      'INVALID_REQUEST',
      '--only replaces tables of a copy, and the engine holds none',
      {
        hint: 'Leave --only away to begin a copy; --include db.table takes some of its tables only.',
      },
    );
  }
  return {
    ...filter,
    accepts: (table) => only.includes(tableName(table)) && filter.accepts(table),
  };
}

function warningsOf({ rows, table }: TableLoader): string[] {
  const { schema } = table.known;
  const floats = schema.columns.filter(
    ({ type, mysqlType }) => type.kind === 'float' && (type.bits === 32 || mysqlType.includes('(')),
  );
  if (rows === 0 || floats.length === 0) return [];
  const names = floats.map(({ name }) => name).join(', ');
  return [
    `${tableName(schema)}: a dump holds FLOAT and DOUBLE(m,d) rounded, as SELECT shows them, and so does the copy until a row changes (${names}).`,
  ];
}
