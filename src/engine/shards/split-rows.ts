import { crc32 } from 'node:zlib';
import {
  arrowEndOfStream,
  encodeRows,
  FlashError,
  hiddenColumns,
  isBitSet,
  readRawStream,
  tableName,
  type RawBatch,
  type RawColumn,
  type TableRef,
} from '../../protocol/index.js';

/** How many of the versions from `first` on a shard may use, and where its own begin. */
export interface VersionRange {
  /** As the caller was told. */
  first: bigint;
  count: bigint;
  /** Of each shard. */
  firsts: readonly bigint[];
}

/**
 * Cuts a stream of row changes by the key's bytes into one for each shard, its versions those that
 * the shard gave out. A key's changes all go to one shard, in their order.
 *
 * Shape: undefined for a shard that gets no row.
 * Errors: INVALID_REQUEST for a stream without the key's columns or with versions of no range.
 */
export function splitRows(
  stream: Uint8Array,
  table: TableRef & { primaryKey: readonly string[] },
  ranges: readonly VersionRange[],
  shards: number,
): readonly (Uint8Array | undefined)[] {
  const { schema, schemaMessage, batches } = readRawStream(stream);
  const names = schema.fields.map((field): string => field.name);
  const at = (name: string): number => {
    const index = names.indexOf(name);
    if (index >= 0) return index;
    throw new FlashError('INVALID_REQUEST', `The rows of ${tableName(table)} lack ${name}`, {
      place: { table: tableName(table), column: name },
    });
  };
  const key = table.primaryKey.map(at);
  const version = at(hiddenColumns.version);
  const pieces = Array.from({ length: shards }, (): Uint8Array[] => []);
  for (const batch of batches) {
    chooseRows(batch, key, shards).forEach((indexes, shard) => {
      if (indexes.length === 0) return;
      const moved = moveVersions(batch, version, indexes, ranges, shard);
      pieces[shard]?.push(encodeRows(moved, indexes));
    });
  }
  return pieces.map((messages) =>
    messages.length === 0
      ? undefined
      : Buffer.concat([schemaMessage, ...messages, arrowEndOfStream]),
  );
}

/** Row numbers of each shard, ascending. */
function chooseRows(batch: RawBatch, key: readonly number[], shards: number): Int32Array[] {
  const chosen = Array.from({ length: shards }, (): number[] => []);
  const columns = key.map((index) => batch.columns[index]);
  for (let row = 0; row < batch.rows; row += 1) {
    let hash = 0;
    for (const column of columns) if (column !== undefined) hash = hashValue(column, row, hash);
    chosen[hash % shards]?.push(row);
  }
  return chosen.map((rows) => Int32Array.from(rows));
}

/** The length goes in as well, so that ('a', 'bc') and ('ab', 'c') are two keys for the hash too. */
function hashValue(column: RawColumn, row: number, hash: number): number {
  if (column.validity !== undefined && !isBitSet(column.validity, row))
    return crc32(nullMark, hash);
  if (column.kind === 'fixed') {
    const { values, width } = column;
    return crc32(values.subarray(row * width, (row + 1) * width), hash);
  }
  if (column.kind !== 'bytes') {
    throw new FlashError('UNSUPPORTED', 'A key of lists or bits can not be spread over shards');
  }
  const [start = 0, end = 0] = column.offsets.subarray(row, row + 2);
  return crc32(column.values.subarray(start, end), crc32(String(end - start), hash));
}

const nullMark = Uint8Array.of(0xff);

/** A copy of the batch's versions, those of `indexes` moved into the shard's own range. */
function moveVersions(
  batch: RawBatch,
  version: number,
  indexes: Int32Array,
  ranges: readonly VersionRange[],
  shard: number,
): RawBatch {
  const column = batch.columns[version];
  if (column?.kind !== 'fixed' || column.width !== 8) {
    throw new FlashError('INVALID_REQUEST', `${hiddenColumns.version} is no uint64`);
  }
  const values = column.values.slice();
  const view = new DataView(values.buffer);
  let range = ranges[0];
  for (const index of indexes) {
    const old = view.getBigUint64(index * 8, true);
    if (range === undefined || old < range.first || old >= range.first + range.count) {
      range = ranges.find(({ first, count }) => old >= first && old < first + count);
      if (range === undefined) {
        throw new FlashError('INVALID_REQUEST', `Version ${old} was not reserved by this batch`);
      }
    }
    view.setBigUint64(index * 8, old - range.first + (range.firsts[shard] ?? 0n), true);
  }
  const columns = batch.columns.with(version, { ...column, values });
  return { ...batch, columns };
}
