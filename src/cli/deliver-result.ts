import type { ArrowMessage, ArrowScan } from '../protocol/index.js';
import { compress } from './compression.js';
import {
  describeColumns,
  encodeResult,
  openResult,
  terminalWidth,
  writeJsonDocument,
  type ColumnDescription,
  type Result,
} from './format/index.js';
import { openFileSink, openStreamSink, type OutputSink } from './output-sink.js';
import type { Progress } from './progress.js';
import type { ResultTarget } from './result-flags.js';

/** What was delivered, for `--json` beside `--output`. Units: `bytes` as written. */
export interface DeliverySummary {
  output: string;
  format: string;
  rows: number;
  bytes: number;
  columns: readonly ColumnDescription[];
}

/**
 * Carries a query's result to stdout or a file, batch by batch: the next one is asked for when the
 * last one is out, so that a slow reader holds up the query and not the memory.
 *
 * Shape: a summary where the rows went to a file, else undefined.
 * Owns: closes the scan, always. A file that could not be finished is removed.
 */
export async function deliverResult(
  scan: ArrowScan,
  target: ResultTarget,
  options: { mysqlTypes?: ReadonlyMap<string, string>; progress: Progress; onStart: () => void },
): Promise<DeliverySummary | undefined> {
  try {
    const result = await openResult(scan, options.mysqlTypes ?? new Map<string, string>());
    // DDL has no columns; an empty Arrow stream of it would only soil the screen.
    if (result.schema.fields.length === 0 && !target.isAskedFor) {
      await drain(result);
      return undefined;
    }
    const counts = { rows: 0, bytes: 0 };
    const counted: Result = {
      ...result,
      batches: countBatches(result.batches, (rows) => {
        counts.rows += rows;
        options.progress.update(counts.rows);
      }),
    };
    const { output } = target;
    const sink = output === undefined ? openStreamSink(process.stdout) : await openFileSink(output);
    try {
      for await (const chunk of encode(target, counted)) {
        if (output === undefined) options.onStart();
        await sink.write(chunk);
        counts.bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
      }
      await sink.finish();
    } catch (error) {
      await discardQuietly(sink);
      throw error;
    }
    if (output === undefined) return undefined;
    return { output, format: target.format, ...counts, columns: describeColumns(result) };
  } finally {
    options.progress.stop();
    await scan.close();
  }
}

function encode(target: ResultTarget, result: Result): AsyncIterable<Uint8Array | string> {
  const chunks = encodePlain(target, result);
  return target.compression === undefined ? chunks : compress(chunks, target.compression);
}

function encodePlain(target: ResultTarget, result: Result): AsyncIterable<Uint8Array | string> {
  if (target.format === 'json') return writeJsonDocument(result);
  // A table in a file is not bound to any terminal's width.
  const widthMax = target.output === undefined ? terminalWidth() : Number.POSITIVE_INFINITY;
  return encodeResult(target.format, result, { widthMax });
}

async function drain(result: Result): Promise<void> {
  const batches = result.batches[Symbol.asyncIterator]();
  while ((await batches.next()).done !== true);
}

async function* countBatches(
  batches: AsyncIterable<ArrowMessage>,
  onBatch: (rows: number) => void,
): AsyncGenerator<ArrowMessage> {
  for await (const batch of batches) {
    yield batch;
    onBatch(batch.rows);
  }
}

/** The error that led here is the one to report, whatever cleaning up after it says. */
async function discardQuietly(sink: OutputSink): Promise<void> {
  try {
    await sink.discard();
  } catch {
    // What is left is a temporary file under a name that says so.
  }
}
