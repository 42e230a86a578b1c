import {
  arrowEndOfStream,
  encodeRows,
  FlashError,
  readRawStream,
  type ArrowMessage,
  type ArrowScan,
} from '../../protocol/index.js';

/**
 * The results of one query on every shard as one: the schema once, then batches as they come, in no
 * order. `rowsMax` cuts it off.
 *
 * Errors: SCHEMA_CHANGED where the shards' schemas differ.
 */
export class GatherScan implements ArrowScan {
  readonly #scans: readonly ArrowScan[];
  readonly #rowsMax: number;

  constructor(scans: readonly ArrowScan[], rowsMax = Number.POSITIVE_INFINITY) {
    this.#scans = scans;
    this.#rowsMax = rowsMax;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ArrowMessage> {
    try {
      const sources = this.#scans.map((scan) => scan[Symbol.asyncIterator]());
      const schema = await readSchemas(sources);
      yield { bytes: schema, rows: 0 };
      let left = this.#rowsMax;
      for await (const message of merge(sources)) {
        if (left <= 0) return;
        yield message.rows <= left ? message : cutMessage(schema, message, left);
        left -= message.rows;
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#scans.map((scan) => scan.close()));
  }
}

type Source = AsyncIterator<ArrowMessage>;

async function readSchemas(sources: readonly Source[]): Promise<Uint8Array> {
  const schemas = await Promise.all(
    sources.map(async (source) => {
      const first = await source.next();
      return first.done === true ? new Uint8Array(0) : first.value.bytes.slice();
    }),
  );
  const [schema = new Uint8Array(0)] = schemas;
  if (schemas.every((each) => Buffer.compare(each, schema) === 0)) return schema;
  throw new FlashError('SCHEMA_CHANGED', 'The shards give the table different columns', {
    hint: 'A change of the table has not reached all of them: run the writer again, then read.',
  });
}

/** All at once, so that none waits for the others until its server gives it up. */
async function* merge(sources: readonly Source[]): AsyncGenerator<ArrowMessage> {
  const pending = new Map<
    Source,
    Promise<{ source: Source; result: IteratorResult<ArrowMessage> }>
  >();
  const ask = (source: Source): void => {
    const asked = source.next().then((result) => ({ source, result }));
    // It is heard of when its turn comes; leaving early, nobody waits for it.
    asked.catch(() => undefined);
    pending.set(source, asked);
  };
  sources.forEach(ask);
  while (pending.size > 0) {
    const { source, result } = await Promise.race(pending.values());
    pending.delete(source);
    if (result.done === true) continue;
    yield result.value;
    ask(source);
  }
}

function cutMessage(schema: Uint8Array, message: ArrowMessage, rows: number): ArrowMessage {
  const [batch] = readRawStream(Buffer.concat([schema, message.bytes, arrowEndOfStream])).batches;
  if (batch === undefined) throw new FlashError('INTERNAL', 'A batch message holds no batch');
  return {
    bytes: encodeRows(
      batch,
      Int32Array.from({ length: rows }, (_, row) => row),
    ),
    rows,
  };
}
