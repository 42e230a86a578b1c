import {
  FlashError,
  readTable,
  tableName,
  type ArrowScan,
  type Engine,
  type EngineInfo,
  type StatementOptions,
  type TableRef,
  type WriteBatch,
} from '../../protocol/index.js';
import { GatherScan } from './gather-scan.js';
import { checkLayout, markLayout } from './layout.js';
import { checkSharded, isForAll, planRead } from './shard-sql.js';
import { ShardedBatch } from './sharded-batch.js';

/**
 * Opens one engine over several: each row of a table with a primary key is on the shard that its key's
 * bytes choose. The last one is home: it alone holds tables without a primary key and those of
 * TheFlash itself, and its checkpoint is that of all. docs/operations.md says what readers see.
 *
 * Owns: closes the shards with itself.
 * Errors: SOURCE_MISMATCH where they were filled in another order, or with others.
 */
export async function openShards(shards: readonly Engine[]): Promise<Engine> {
  const isNew = await checkLayout(shards);
  return new ShardedEngine(shards, isNew);
}

class ShardedEngine implements Engine {
  readonly location: string;
  readonly shards: readonly Engine[];
  /** Primary keys by table, until a statement may change them; undefined: it is kept at home. */
  readonly #keys = new Map<string, readonly string[] | undefined>();
  #inserts = 0;
  #isNew: boolean;

  constructor(shards: readonly Engine[], isNew: boolean) {
    this.shards = shards;
    this.#isNew = isNew;
    this.location = shards.map((shard) => shard.location).join(',');
  }

  /** Shard by shard, home last, so that what home has all have. */
  async execute(sql: string, options: StatementOptions = {}): Promise<void> {
    checkSharded(sql);
    await this.#markNew();
    this.#keys.clear();
    for (const shard of this.shards) await shard.execute(sql, options);
  }

  async query(sql: string, options: StatementOptions = {}): Promise<ArrowScan> {
    if (isForAll(sql)) {
      checkSharded(sql);
      await this.#markNew();
      this.#keys.clear();
      for (const shard of this.shards.slice(0, -1)) await shard.execute(sql, options);
      return await this.#home.query(sql, options);
    }
    const { parameters } = options;
    const read = await planRead(this.#home, sql, parameters);
    if (read.kind === 'home') return await this.#home.query(sql, options);
    const opening = this.shards.map((shard) => shard.query(sql, options));
    const opened = await Promise.allSettled(opening);
    const scans = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (scans.length === opened.length) return new GatherScan(scans, read.rowsMax);
    await Promise.all(scans.map((scan) => scan.close()));
    // One of them rejects.
    await Promise.all(opening);
    throw new FlashError('INTERNAL', 'A shard did not open the query, and did not say why');
  }

  /** Rows of a plain table have no key: each stream goes to one shard, by turns. */
  async insertRows(table: TableRef, stream: Uint8Array): Promise<number> {
    await this.#markNew();
    this.#inserts += 1;
    const shard = this.shards[this.#inserts % this.shards.length] ?? this.#home;
    return await shard.insertRows(table, stream);
  }

  /** In order, so that two writers can't wait for each other. */
  async openBatch(): Promise<WriteBatch> {
    await this.#markNew();
    const batches: WriteBatch[] = [];
    try {
      for (const shard of this.shards) batches.push(await shard.openBatch());
    } catch (error) {
      await Promise.all(batches.map((batch) => batch.close()));
      throw error;
    }
    return new ShardedBatch(batches, (table) => this.#readKey(table));
  }

  readCheckpoint(source: string): Promise<string | undefined> {
    return this.#home.readCheckpoint(source);
  }

  /** Errors: UNSUPPORTED where the shards' versions differ. */
  async info(): Promise<EngineInfo> {
    const infos = await Promise.all(this.shards.map((shard) => shard.info()));
    const texts = new Set(infos.map((info) => JSON.stringify({ ...info, sandbox: '' })));
    const sandbox = [...new Set(infos.map((info) => info.sandbox))].join(', ');
    const [info] = infos;
    if (info !== undefined && texts.size === 1) return { ...info, sandbox };
    throw new FlashError('UNSUPPORTED', `The shards of ${this.location} have different versions`, {
      hint: 'Run the same version of theflash, with the same patches, on all of them.',
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  async #markNew(): Promise<void> {
    if (!this.#isNew) return;
    await markLayout(this.shards);
    this.#isNew = false;
  }

  get #home(): Engine {
    const home = this.shards.at(-1);
    if (home !== undefined) return home;
    throw new FlashError('INTERNAL', 'There is no shard');
  }

  async #readKey(table: TableRef): Promise<readonly string[] | undefined> {
    const name = tableName(table);
    if (this.#keys.has(name)) return this.#keys.get(name);
    const found = await readTable(this.#home, table);
    const primaryKey = found?.primaryKey ?? [];
    const isKeyless = primaryKey.length === 0;
    const key = table.database === 'theflash' || isKeyless ? undefined : primaryKey;
    this.#keys.set(name, key);
    return key;
  }
}
