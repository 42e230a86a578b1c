import {
  FlashError,
  queryRows,
  type ArrowScan,
  type Engine,
  type EngineInfo,
  type QueryOptions,
  type RowKernel,
  type StatementOptions,
  type WriteBatch,
} from '../protocol/index.js';
import { checkpointSource } from './checkpoint.js';

/** Stands between what a checkpoint is of and the source's name. */
const separator = ':';

/**
 * Gives an engine as the writer of one of several sources sees it: with checkpoints of its own.
 *
 * Shape: the engine itself where `name` is undefined.
 * Owns: closing it closes the engine.
 * Errors: INVALID_REQUEST for what is no name.
 */
export function nameSource(engine: Engine, name: string | undefined): Engine {
  if (name === undefined) return engine;
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(name)) {
    throw new FlashError('INVALID_REQUEST', `--source can't be ${JSON.stringify(name)}`, {
      hint: 'A name has small letters, digits, _ and -, 32 at most, as --source shard1.',
    });
  }
  return new SourceEngine(engine, name);
}

/**
 * Gives a text whose commands are for a source with a name: `theflash write …` gets `--source NAME`, `theflash verify …`
 * `--source-name NAME`.
 */
export function commandsForSource(text: string, name: string | undefined): string {
  if (name === undefined) return text;
  return text
    .replaceAll(/\btheflash (write|serve)\b(?! --source )/g, `theflash $1 --source ${name}`)
    .replaceAll(/\btheflash verify\b(?! --source-name )/g, `theflash verify --source-name ${name}`);
}

/** The names of the sources of an engine; undefined stands for the one without a name. */
export async function listSources(engine: Engine): Promise<(string | undefined)[]> {
  const rows = await queryRows(
    engine,
    `SELECT DISTINCT source FROM theflash.checkpoints
     WHERE source = '${checkpointSource}' OR startsWith(source, '${checkpointSource}${separator}') ORDER BY source`,
  );
  return rows.map(({ source }) => {
    const key = String(source);
    return key === checkpointSource ? undefined : key.slice(checkpointSource.length + 1);
  });
}

/** The engine without the name of a source. */
export function unnamedEngine(engine: Engine): Engine {
  return engine instanceof SourceEngine ? engine.inner : engine;
}

class SourceEngine implements Engine {
  readonly inner: Engine;
  readonly sourceName: string;
  readonly location: string;
  readonly rowKernel?: RowKernel;

  constructor(inner: Engine, name: string) {
    this.inner = inner;
    this.sourceName = name;
    this.location = inner.location;
    if (inner.rowKernel !== undefined) this.rowKernel = inner.rowKernel;
  }

  execute(sql: string, options?: StatementOptions): Promise<void> {
    return this.inner.execute(sql, options);
  }

  query(sql: string, options?: QueryOptions): Promise<ArrowScan> {
    return this.inner.query(sql, options);
  }

  insertRows(table: { database: string; table: string }, stream: Uint8Array): Promise<number> {
    return this.inner.insertRows(table, stream);
  }

  async openBatch(): Promise<WriteBatch> {
    const batch = await this.inner.openBatch();
    return {
      reserveVersions: (count) => batch.reserveVersions(count),
      append: (table, stream) => batch.append(table, stream),
      commit: (source, checkpoint) => batch.commit(this.#keyOf(source), checkpoint),
      close: () => batch.close(),
    };
  }

  readCheckpoint(source: string): Promise<string | undefined> {
    return this.inner.readCheckpoint(this.#keyOf(source));
  }

  info(): Promise<EngineInfo> {
    return this.inner.info();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #keyOf(source: string): string {
    return `${source}${separator}${this.sourceName}`;
  }
}
