import path from 'node:path';
import {
  aText,
  bindParameters,
  checkArgument,
  FlashError,
  queryRows,
  tableName,
  type Answer,
  type AnswerRequest,
  type ArrowScan,
  type Engine,
  type EngineInfo,
  type QueryOptions,
  type StatementOptions,
  type RowKernel,
  type WriteBatch,
} from '../../protocol/index.js';
import { openAnswer } from './answer.js';
import { openBatch } from './batch.js';
import { loadBindings, readText, type Out } from './bindings.js';
import { closedError } from './errors.js';
import { findLibraryFile } from './library-file.js';
import { callChecked, NativeEngine, textArgs } from './native-engine.js';
import { rowKernelOf } from './row-kernel.js';
import { openScan } from './scan.js';

export interface EmbeddedEngineOptions {
  /** Make the folder where it is missing. Default: true. */
  create?: boolean;
  /** Cap on the engine's memory, in bytes. Default: 0.7 of the machine's. */
  memoryBytesMax?: number;
  /** Cap on one query's memory, in bytes. Default: none. */
  queryMemoryBytesMax?: number;
  /** How many scans may be open at once; more wait. Default: 40. */
  scansMax?: number;
  /** Allow file(), url() and the other ways out of the folder. Default: false. */
  allowExternal?: boolean;
  /** Open a folder in spite of parts that were found broken. Default: false. */
  allowBroken?: boolean;
  /**
   * Whether the kernel keeps the engine's threads in their folders: where it can (the default);
   * always, or the engine does not open; never. A process has one sandbox, that of its first engine.
   */
  sandbox?: SandboxMode;
  /** Folders that are open to the engine besides its own, for backups and `file()`. */
  allowPaths?: readonly AllowedPath[];
  /** What roles may do; a query of none of them may do all. Default: none. */
  rights?: readonly Right[];
  /** Another thread will join the engine: threads for its calls are kept free. Default: false. */
  hasGuest?: boolean;
}

/** An open engine as another thread of the process gets it; can be posted to a worker. */
export interface EngineHandle {
  pointer: bigint;
  location: string;
}

/** An engine that this process has opened. */
export interface EmbeddedEngine extends Engine {
  /** For `joinEmbeddedEngine`; good until the engine is closed. */
  readonly handle: EngineHandle;
}

export type SandboxMode = 'auto' | 'require' | 'off';

/**
 * That a role may read, or read and write, tables. `*` as database and table means all tables of users,
 * `shop` and `*` those of a database; a name that ends in `*` all that begin so.
 */
export interface Right {
  role: string;
  kind: 'read' | 'write';
  database: string;
  table: string;
}

export interface AllowedPath {
  path: string;
  readOnly: boolean;
}

const scansMaxDefault = 40;

/**
 * Opens ch.so's engine on a data folder, in this process.
 *
 * Errors: TOOL where ch.so is missing, IN_USE with the process that has the folder, DENIED,
 * NOT_FOUND, BROKEN_DATA.
 */
export async function openEmbeddedEngine(
  folder: string,
  options: EmbeddedEngineOptions = {},
): Promise<EmbeddedEngine> {
  const bindings = loadBindings(findLibraryFile());
  const scansMax = options.scansMax ?? scansMaxDefault;
  const absolute = path.resolve(folder);
  const handle: Out<bigint> = [null];
  await callChecked(
    bindings,
    'engineOpen',
    [...textArgs(absolute), ...textArgs(JSON.stringify(nativeOptions(options, scansMax))), handle],
    { file: absolute },
  );
  const share = options.hasGuest === true ? 'host' : 'all';
  return new OpenEngine(new NativeEngine(bindings, handle[0], scansMax, share), handle, folder);
}

/** Scans that a guest may have open at once; each holds a connection of the engine. */
const guestScansMax = 4;

/**
 * Gives a worker thread the engine that another thread of the process has opened with `hasGuest`.
 *
 * Owns: closing ends what this thread has open, and leaves the engine to its owner, who closes it later.
 */
export function joinEmbeddedEngine({ pointer, location }: EngineHandle): Engine {
  const bindings = loadBindings(findLibraryFile());
  const native = new NativeEngine(bindings, pointer, guestScansMax, 'guest');
  return new OpenEngine(native, undefined, location);
}

/** The options as tf_engine_open names them; those that are not given are left to its defaults. */
function nativeOptions(options: EmbeddedEngineOptions, scansMax: number): object {
  const paths = options.allowPaths ?? [];
  const list = (readOnly: boolean): string[] =>
    paths.filter((each) => each.readOnly === readOnly).map((each) => path.resolve(each.path));
  return {
    scans_max: scansMax + (options.hasGuest === true ? guestScansMax : 0),
    create: options.create,
    memory_bytes_max: options.memoryBytesMax,
    query_memory_bytes_max: options.queryMemoryBytesMax,
    allow_external: options.allowExternal,
    allow_broken: options.allowBroken,
    sandbox: options.sandbox,
    allow_paths: list(false),
    allow_paths_read_only: list(true),
    rights: options.rights?.map(({ role, kind, database, table }) =>
      [role, kind, database, table].join('\t'),
    ),
  };
}

/** The decoder of rows in ch.so alone, without an engine. Errors: TOOL where ch.so is missing. */
export function loadRowKernel(): RowKernel {
  return rowKernelOf(loadBindings(findLibraryFile()));
}

class OpenEngine implements EmbeddedEngine {
  readonly location: string;
  readonly rowKernel: RowKernel;
  readonly #native: NativeEngine;
  /** Undefined where another thread owns the engine. */
  readonly #owned: Out<bigint> | undefined;
  #closed: Promise<void> | undefined;
  // Node joins the threads of its pool at exit: a query that one of them runs must end first.
  readonly #onExit = (): void => {
    this.#native.bindings.call('engineClose', this.#owned);
  };

  constructor(native: NativeEngine, owned: Out<bigint> | undefined, location: string) {
    this.#native = native;
    this.#owned = owned;
    this.location = location;
    this.rowKernel = rowKernelOf(native.bindings);
    if (owned !== undefined) process.once('exit', this.#onExit);
  }

  get handle(): EngineHandle {
    return { pointer: this.#native.pointer ?? 0n, location: this.location };
  }

  // Through a scan rather than tf_execute, because a scan can be cancelled.
  async execute(sql: string, options: StatementOptions = {}): Promise<void> {
    const scan = await this.query(sql, options);
    for await (const message of scan) if (message.rows > 0) continue;
  }

  async query(sql: string, options: QueryOptions = {}): Promise<ArrowScan> {
    this.#refuseClosed();
    checkArgument('query', 'the SQL', sql, aText);
    const { parameters } = options;
    const bound = parameters === undefined ? sql : bindParameters(sql, parameters);
    return await openScan(this.#native, bound, options);
  }

  async answer(request: AnswerRequest): Promise<Answer> {
    this.#refuseClosed();
    return await openAnswer(this.#native, request);
  }

  async openBatch(): Promise<WriteBatch> {
    this.#refuseClosed();
    return await openBatch(this.#native);
  }

  async insertRows(
    table: { database: string; table: string },
    stream: Uint8Array,
  ): Promise<number> {
    this.#refuseClosed();
    const { bindings, calls, pointer } = this.#native;
    const rows: Out<number | bigint> = [null];
    const name = [...textArgs(table.database), ...textArgs(table.table)];
    const args = [pointer, ...name, stream, stream.length, rows];
    await calls.run(() => callChecked(bindings, 'insert', args, { table: tableName(table) }));
    return Number(rows[0]);
  }

  async readCheckpoint(source: string): Promise<string | undefined> {
    this.#refuseClosed();
    const { bindings, calls, pointer } = this.#native;
    const text: Out<bigint> = [null];
    const length: Out<number> = [null];
    const args = [pointer, ...textArgs(source), text, length];
    await calls.run(() => callChecked(bindings, 'checkpointGet', args));
    if (text[0] === null) return undefined;
    const checkpoint = readText(text[0], Number(length[0]));
    bindings.call('free', text[0]);
    return checkpoint;
  }

  async info(): Promise<EngineInfo> {
    const [row] = await queryRows(this, 'SELECT version() AS version');
    const build: unknown = JSON.parse(String(this.#native.bindings.call('buildInfo')));
    if (row === undefined || typeof build !== 'object' || build === null || !('patches' in build)) {
      throw new FlashError('INTERNAL', 'The engine does not tell its versions.');
    }
    const patches = Array.isArray(build.patches) ? build.patches.map(String) : [];
    const sandbox = String(this.#native.bindings.call('sandboxInfo'));
    return { engineVersion: String(row['version']), patches, sandbox };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Handles first: the batch is dropped, the scans are cancelled.
    await Promise.all([...this.#native.handles].map((each) => each.close()));
    if (this.#owned === undefined) return;
    await this.#native.bindings.callAsync('engineClose', this.#owned);
    process.removeListener('exit', this.#onExit);
  }

  #refuseClosed(): void {
    if (this.#closed !== undefined) throw closedError('engine');
  }
}
