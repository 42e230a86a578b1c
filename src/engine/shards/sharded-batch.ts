import { type TableRef, type WriteBatch } from '../../protocol/index.js';
import { splitRows, type VersionRange } from './split-rows.js';

/**
 * A write batch over shards. It is committed shard by shard, the home shard last: its checkpoint
 * moves when all have the rows, and a batch that was cut in between is replayed from there.
 */
export class ShardedBatch implements WriteBatch {
  readonly #batches: readonly WriteBatch[];
  readonly #readKey: (table: TableRef) => Promise<readonly string[] | undefined>;
  readonly #ranges: VersionRange[] = [];

  /** `readKey` gives undefined for a table that is kept on the home shard, the last one, alone. */
  constructor(
    batches: readonly WriteBatch[],
    readKey: (table: TableRef) => Promise<readonly string[] | undefined>,
  ) {
    this.#batches = batches;
    this.#readKey = readKey;
  }

  /** The versions that rows carry are the home shard's; each shard puts its own in their place. */
  async reserveVersions(count: number): Promise<bigint> {
    const firsts = await Promise.all(this.#batches.map((each) => each.reserveVersions(count)));
    const first = firsts.at(-1) ?? 0n;
    this.#ranges.push({ first, count: BigInt(count), firsts });
    return first;
  }

  async append(table: TableRef, stream: Uint8Array): Promise<void> {
    const primaryKey = await this.#readKey(table);
    if (primaryKey === undefined) {
      await this.#batches.at(-1)?.append(table, stream);
      return;
    }
    const keyed = { ...table, primaryKey };
    const pieces = splitRows(stream, keyed, this.#ranges, this.#batches.length);
    await Promise.all(
      this.#batches.map(async (each, shard) => {
        const piece = pieces[shard];
        if (piece !== undefined) await each.append(table, piece);
      }),
    );
  }

  async commit(source: string, checkpoint: string): Promise<void> {
    for (const each of this.#batches) await each.commit(source, checkpoint);
  }

  async close(): Promise<void> {
    await Promise.all(this.#batches.map((each) => each.close()));
  }
}
