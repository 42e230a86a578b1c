import { queryRows, type Engine } from '../protocol/index.js';
import { single, type MetricFamily } from './prometheus-text.js';

/** What a scrape asks of the engine: figures that ClickHouse keeps, and no rows of tables. */
const sql = `SELECT
  (SELECT count() FROM system.parts WHERE active) AS parts,
  (SELECT max(n) FROM (SELECT count() AS n FROM system.parts WHERE active GROUP BY table, database, partition)) AS most,
  (SELECT sum(bytes_on_disk) FROM system.parts WHERE active) AS bytes,
  (SELECT free_space FROM system.disks WHERE name = 'default') AS free,
  (SELECT total_space FROM system.disks WHERE name = 'default') AS total,
  (SELECT value FROM system.metrics WHERE metric = 'MemoryTracking') AS memory`;

/** A scrape is not held up for longer by an engine that waits. */
const answerMsMax = 5_000;

/** Gives the engine's figures; where it does not answer, that alone, as `theflash_engine_up`. */
export async function engineFamilies(engine: Engine): Promise<MetricFamily[]> {
  const signal = AbortSignal.timeout(answerMsMax);
  const row = await queryRows(engine, sql, { signal }).then(
    ([found]) => found,
    () => undefined,
  );
  const up = '1 where the engine answers. What else is of the engine is missing where it does not.';
  const read = (name: string): number | undefined =>
    row === undefined ? undefined : Number(row[name] ?? 0);
  return [
    single('gauge', 'engine_up', up, row === undefined ? 0 : 1),
    single('gauge', 'engine_parts', 'Parts of all tables on disk.', read('parts')),
    single(
      'gauge',
      'engine_partition_parts',
      'Parts of the partition that has the most: reads get slower as it grows.',
      read('most'),
    ),
    single('gauge', 'engine_data_bytes', 'Size of the parts on disk.', read('bytes')),
    single('gauge', 'engine_disk_free_bytes', 'Space left on the disk.', read('free')),
    single('gauge', 'engine_disk_size_bytes', 'Size of the disk.', read('total')),
    single('gauge', 'engine_memory_bytes', 'Memory that queries and merges use.', read('memory')),
  ];
}
