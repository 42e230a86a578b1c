import { EventDecoder, EventFramer, type ZeroDatePolicy } from '../binlog/index.js';
import {
  FlashError,
  type Engine,
  type Position,
  type RowKernel,
  type Source,
} from '../protocol/index.js';
import { BatchWriter } from './batch-writer.js';
import { ChangeBuffer } from './change-buffer.js';
import { checkpointSource, parseCheckpoint } from './checkpoint.js';
import { CommitQueue } from './commit-queue.js';
import { DdlApplier } from './ddl-applier.js';
import { EngineTables } from './engine-tables.js';
import { GtidSet } from './gtid-set.js';
import { defaultLimits, type BatchLimits } from './limits.js';
import { LogApplier } from './log-applier.js';
import { LogReader, type Until } from './log-reader.js';
import { noRewind, RewindRequest, type RewindPlan } from './rewind.js';
import { RowCompleter } from './row-completer.js';
import { readSchemaDump, type SchemaDump } from './schema-dump.js';
import type { SchemaHistory } from './schema-history.js';
import { loadHistory } from './schema-store.js';
import { findStart, type NamedLog } from './start-point.js';
import { makeTableFilter, type TableFilter, type TableFilterOptions } from './table-filter.js';
import { TableRebuild } from './table-rebuild.js';
import { TableRouter } from './table-router.js';
import { emptyTotals, type Totals } from './totals.js';

export interface ReplayOptions extends TableFilterOptions {
  /** Where to begin on an engine without a checkpoint; an event's offset. */
  from?: Position;
  /** Statements to leave out, by the offset of their events. */
  skipStatements?: readonly Position[];
  /** Where to stop: in front of the first transaction at or behind it. */
  until?: Until;
  /** Definitions of tables that the logs do not define. */
  schema?: SchemaDump;
  zeroDate?: ZeroDatePolicy;
  limits?: Partial<BatchLimits>;
  /** Stops the run behind the last whole transaction. */
  signal?: AbortSignal;
  /** Called now and then with the bytes of the source that are read. */
  onProgress?: (bytesRead: number) => void;
  nowMs?: () => number;
}

export interface ReplayResult {
  totals: Totals;
  bytesRead: number;
  /** The position has moved, if only over events that change nothing. */
  hasMoved: boolean;
  /** Where the next run goes on; undefined where no log was ever read. */
  position: Position | undefined;
  gtidSet: string;
  /** When the source committed the last transaction, ms since 1970, UTC; 0 before the first. */
  sourceTimeMs: number;
  /** `signal` has stopped the run. */
  interrupted: boolean;
  /** Where a transaction begins whose end is not in the logs yet. */
  unfinished: Position | undefined;
}

/**
 * Replays logs into an engine, from its checkpoint on.
 *
 * Guarantee: the engine moves from one whole transaction of the source to a later one; its
 * checkpoint says which. Running it again goes on there. When it rejects with an error of the log,
 * all in front of the error is applied.
 * Errors: those of the source, the decoder and the engine; UNSUPPORTED, SOURCE_MISMATCH.
 */
export async function replay(
  source: Source,
  engine: Engine,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const totals = emptyTotals();
  let plan: RewindPlan = noRewind;
  for (;;) {
    try {
      const result = await replayOnce(source, engine, options, plan, totals);
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- as it was caught
      if (plan.error !== undefined) throw plan.error;
      return result;
    } catch (error) {
      if (!(error instanceof RewindRequest)) throw error;
      if (source.logs.some((log) => !log.canRewind)) {
        throw errorOf(error) ?? oneWayError(source);
      }
      plan = error.plan(plan);
    }
  }
}

async function replayOnce(
  source: Source,
  engine: Engine,
  options: ReplayOptions,
  plan: RewindPlan,
  totals: Totals,
): Promise<ReplayResult> {
  const stored = await engine.readCheckpoint(checkpointSource);
  const checkpoint = stored === undefined ? undefined : parseCheckpoint(stored);
  const start = findStart(source, checkpoint, options.from);
  const filter = makeTableFilter(options);
  const history = await loadHistory(engine);
  const tables = new EngineTables(engine);
  if (options.schema !== undefined) await loadDump(options.schema, history, tables, filter);

  const limits = { ...defaultLimits, ...options.limits };
  const buffer = new ChangeBuffer(limits.bytesMax);
  const { rowKernel: kernel } = engine;
  const { skipStatements = [], zeroDate = 'null' } = options;
  const router = new TableRouter({ filter, history, buffer, zeroDate, kernel });
  const writer = new BatchWriter(engine, tables, checkpointSource);
  const nowMs = options.nowMs ?? Date.now;
  const completer = new RowCompleter(engine);
  const { keepsWhole } = plan;
  const ports = { writer, buffer, router, completer, history, limits, nowMs, totals, keepsWhole };
  const queue = new CommitQueue(ports);
  const gtids = GtidSet.parse(checkpoint?.gtidSet ?? '');
  const barrier: ConstructorParameters<typeof DdlApplier>[0]['barrier'] = async (renames) => {
    const here = applier.checkpoint();
    if (here !== undefined) await queue.commit(here, renames);
    await writer.settle();
  };
  const rebuild = new TableRebuild(engine, tables);
  const ddl = new DdlApplier({ tables, rebuild, history, filter, barrier }, checkpoint?.renames);
  const applier: LogApplier = new LogApplier(
    { source, queue, buffer, router, filter, ddl, gtids, skipStatements, ...plan },
    checkpoint,
  );
  const reader = new LogReader(applier, {
    until: options.until,
    stopBefore: plan.stopBefore,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const finish = async (): Promise<Position | undefined> => endRun(applier, queue, writer);
  let unfinished: Position | undefined;
  try {
    await readLogs(start, reader, applier, kernel).catch(async (error: unknown) => {
      if (error instanceof FlashError && !writer.hasFailed) {
        await stopAtError(error, applier, writer, finish);
      }
      throw error;
    });
    unfinished = await finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return {
    totals,
    bytesRead: reader.bytesRead,
    hasMoved: JSON.stringify(applier.log.position) !== JSON.stringify(checkpoint?.position),
    position: applier.log.position,
    gtidSet: gtids.toString(),
    sourceTimeMs: applier.log.sourceTimeMs,
    interrupted: options.signal?.aborted === true,
    unfinished: reader.isStopped ? undefined : unfinished,
  };
}

async function readLogs(
  { logs, offset }: { logs: readonly NamedLog[]; offset: number },
  reader: LogReader,
  applier: LogApplier,
  kernel: RowKernel | undefined,
): Promise<void> {
  const decoder = new EventDecoder();
  const sums = kernel === undefined ? {} : { crc32: kernel.crc32 };
  for (const [index, log] of logs.entries()) {
    if (index > 0) checkFollows(log, applier);
    const startOffset = index === 0 ? offset : 0;
    if (startOffset > 0) applier.log.startAt({ file: log.name, offset: startOffset });
    await reader.read(log.input, new EventFramer(log.name, { startOffset, ...sums }), decoder);
    if (reader.isStopped) return;
  }
}

/** The ROTATE at a log's end names the next one. Without one the server has crashed or was stopped. */
function checkFollows(log: NamedLog, applier: LogApplier): void {
  const { position, hasRotated } = applier.log;
  const isCut = applier.transaction !== undefined;
  if (isCut) applier.discardTransaction();
  if (position === undefined || position.file === log.name || !hasRotated) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the log in front says that ${position.file} follows, and ${log.input.location} was given`,
    {
      hint: 'Give every log, in order, under the names that the server gave them.',
      place: { file: log.input.location },
    },
  );
}

/** Commits all whole transactions, and tells where an unfinished one begins. */
async function endRun(
  applier: LogApplier,
  queue: CommitQueue,
  writer: BatchWriter,
): Promise<Position | undefined> {
  const open = applier.transaction;
  const start = open === undefined ? undefined : { file: open.startFile, offset: open.startOffset };
  if (open?.isStaged === true && start !== undefined) {
    await writer.abort();
    throw new RewindRequest({ stopBefore: start, error: undefined });
  }
  applier.discardTransaction();
  const checkpoint = applier.checkpoint();
  if (checkpoint !== undefined) await queue.commit(checkpoint);
  await writer.settle();
  return open !== undefined && open.rows > 0 ? start : undefined;
}

/** Applies what lies in front of an error in the log. */
async function stopAtError(
  error: FlashError,
  applier: LogApplier,
  writer: BatchWriter,
  finish: () => Promise<unknown>,
): Promise<void> {
  const open = applier.transaction;
  if (open?.isStaged === true) {
    await writer.abort();
    const stopBefore = { file: open.startFile, offset: open.startOffset };
    throw new RewindRequest({ stopBefore, error });
  }
  await finish();
}

async function loadDump(
  dump: SchemaDump,
  history: SchemaHistory,
  tables: EngineTables,
  filter: TableFilter,
): Promise<void> {
  for (const known of readSchemaDump(dump, filter)) {
    if (history.get(known.schema) !== undefined) continue;
    await tables.create({ ...known.schema, ...filter.target(known.schema) });
    history.set(known);
  }
}

/** The reason why a log is to be read again up to a place, where there is one. */
function errorOf({ change }: RewindRequest): Error | undefined {
  return 'error' in change && change.error instanceof Error ? change.error : undefined;
}

function oneWayError(source: Source): FlashError {
  return new FlashError(
    'UNSUPPORTED',
    'a transaction larger than a batch was rolled back or cut, or has rows that the log holds in part, and the log can’t be read a second time',
    {
      hint: `Save the log to a file and give its name instead of ${source.location}.`,
      place: { file: source.location },
    },
  );
}
