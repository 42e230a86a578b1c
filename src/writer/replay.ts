import { EventDecoder, EventFramer, type ZeroDatePolicy } from '../binlog/index.js';
import {
  FlashError,
  readTable,
  type Engine,
  type Position,
  type RowKernel,
  type Source,
} from '../protocol/index.js';
import { firstOffset } from './beginning.js';
import {
  checkpointSource,
  parseCheckpoint,
  type Beginning,
  type WriterCheckpoint,
  type UnclosedLog,
} from './checkpoint.js';
import type { BatchFacts, BatchWriter } from './batch-writer.js';
import { readClosingRotate } from './closing-rotate.js';
import type { CommitQueue } from './commit-queue.js';
import { EarlierEvents } from './earlier-events.js';
import { EngineTables } from './engine-tables.js';
import { unknownForeignKeys, unknownForeignKeysLine } from './foreign-keys/index.js';
import {
  checkFilters,
  namesAreLowerCase,
  unmatchedPatterns,
  type NameOptions,
} from './filter-change.js';
import type { BatchLimits } from './limits.js';
import { loadDefinitions } from './load-definitions.js';
import type { LogApplier } from './log-applier.js';
import type { LogPosition } from './log-position.js';
import { LogReader, type Until } from './log-reader.js';
import { checkRotation } from './log-sequence.js';
import type { NamedLog } from './named-log.js';
import { narrow, noRewind, RewindRequest, type RewindPlan } from './rewind.js';
import type { SchemaDump } from './schema-dump.js';
import type { SchemaHistory } from './schema-history.js';
import { loadHistory } from './schema-store.js';
import { findStart, type StartOptions, type StartPoint } from './start-point.js';
import { makeTableFilter, type TableFilterOptions } from './table-filter.js';
import { dropSideTables, swapTables } from './table-swap.js';
import { makeWriterParts } from './writer-parts.js';
import { emptyTotals, type Totals } from './totals.js';
import { checkComes } from './until-place.js';
import { nameWallClocks } from './wall-clock-columns.js';

export interface ReplayOptions extends TableFilterOptions, NameOptions, StartOptions {
  /** Statements to leave out, by the offset of their events. */
  skipStatements?: readonly Position[];
  /** Where to stop: before the first transaction at or after it. */
  until?: Until;
  /** Definitions of tables that the logs do not define. */
  schema?: SchemaDump;
  zeroDate?: ZeroDatePolicy;
  limits?: Partial<BatchLimits>;
  /** Stops the run after the last whole transaction. */
  signal?: AbortSignal;
  /** Called now and then with the bytes of the source that are read. */
  onProgress?: (bytesRead: number) => void;
  /** Called when a batch is durable and visible, with the checkpoint that it has brought. */
  onCommitted?: (checkpoint: WriterCheckpoint, facts: BatchFacts) => void;
  /** Called with what people should know before the work begins. */
  onWarning?: (line: string) => void;
  nowMs?: () => number;
}

export interface ReplayResult {
  totals: Totals;
  bytesRead: number;
  /** The position has moved, if only over events that change nothing. */
  hasMoved: boolean;
  /** What the copy stands on; undefined before the first log and in copies of an older version. */
  beginning: Beginning | undefined;
  /** Patterns of the filter, with their flags, that no table has met. */
  unmatchedPatterns: readonly string[];
  /** Tables that were copied up to a place, and are left out since. */
  standingStill: readonly { table: string; heldUpTo: Position }[];
  /** Logs of which is not known whether they were whole. */
  unclosedLogs: readonly UnclosedLog[];
  /** Where the next run goes on; undefined where no log was ever read. */
  position: Position | undefined;
  gtidSet: string;
  /** When the source committed the last transaction, ms since 1970, UTC; 0 before the first. */
  sourceTimeMs: number;
  /** Tables whose foreign keys are not known, and not in the log either. */
  unknownForeignKeys: readonly string[];
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
 * all before the error is applied.
 * Errors: those of the source, the decoder and the engine; UNSUPPORTED, SOURCE_MISMATCH.
 */
export async function replay(
  source: Source,
  engine: Engine,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const { until } = options;
  if (until !== undefined && 'position' in until) checkComes(source, until.position);
  const totals = emptyTotals();
  let plan: RewindPlan = noRewind;
  for (;;) {
    try {
      const { isStopped, ...result } = await replayOnce(source, engine, options, plan, totals);
      if (isPassing(plan, source) && !isStopped) {
        plan = noRewind;
        continue;
      }
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
): Promise<ReplayResult & { isStopped: boolean }> {
  const { stored, before } = await readBefore(engine);
  const start = await findStart(source, before, options);
  const filter = makeTableFilter(options);
  const history = await loadHistory(engine);
  const { skipStatements = [], zeroDate = 'null', nowMs = Date.now, limits = {} } = options;
  checkFilters(before, filter, zeroDate, history, { serverUrl: source.serverUrl });
  const lowerCaseTableNames = namesAreLowerCase(before, options, history);
  const { schema } = options;
  const tables = history.tables().map(({ schema }) => ({ ...schema, ...filter.target(schema) }));
  await nameWallClocks(engine, tables);
  const hasLearned =
    schema !== undefined &&
    (await loadDefinitions(schema, history, new EngineTables(engine), filter, {
      ...{ beginning: start.beginning, goesOn: before !== undefined, onWarning: options.onWarning },
    }));
  if (plan === noRewind) warnOfUnknownKeys(history, options);
  const { applier, queue, writer } = makeWriterParts({
    ...{ source, engine, stored, start, filter, filterOptions: options, history, hasLearned },
    ...{ lowerCaseTableNames, skipStatements, zeroDate, limits, nowMs, plan, totals },
    onCommitted: options.onCommitted,
    onWarning: options.onWarning,
  });
  const reader = new LogReader(applier, {
    until: options.until,
    stopBefore: plan.stopBefore,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const finish = async (): Promise<Position | undefined> => endRun(applier, queue, writer);
  let unfinished: Position | undefined;
  try {
    const readOn = isPassing(plan, source) ? undefined : source.next;
    await readLogs({ ...start, readOn }, reader, applier, engine.rowKernel).catch(
      async (error: unknown) => {
        if (error instanceof FlashError && !writer.hasFailed) {
          await stopAtError(error, applier, writer, finish);
        }
        throw error;
      },
    );
    if (options.signal?.aborted !== true) applier.log.settleMove();
    unfinished = await finish();
  } catch (error) {
    await writer.abort();
    const transactionsMax = writer.hasFailed ? narrow(error, plan, source) : undefined;
    if (transactionsMax !== undefined) throw new RewindRequest({ transactionsMax });
    throw plan.transactionsMax === 1 && writer.hasFailed ? applier.locate(error) : error;
  }
  return {
    totals,
    bytesRead: reader.bytesRead,
    hasMoved: hasMoved(totals, applier.log.position, before?.position),
    unmatchedPatterns: unmatchedPatterns(filter, before?.filters),
    standingStill: history.standingStill(),
    ...placeOf(applier.log),
    unknownForeignKeys: unknownForeignKeys(history.tables()),
    interrupted: options.signal?.aborted === true,
    unfinished: reader.isStopped ? undefined : unfinished,
    isStopped: reader.isStopped,
  };
}

function placeOf({
  beginning,
  unclosed: unclosedLogs,
  position,
  gtidSet,
  sourceTimeMs,
}: LogPosition): Pick<
  ReplayResult,
  'beginning' | 'unclosedLogs' | 'position' | 'gtidSet' | 'sourceTimeMs'
> {
  return { beginning, unclosedLogs, position, gtidSet, sourceTimeMs };
}

/** Where the copy stands, once what a load has left half done is finished or gone. */
async function readBefore(
  engine: Engine,
): Promise<{ stored: string | undefined; before: WriterCheckpoint | undefined }> {
  await refuseShard(engine);
  const stored = await engine.readCheckpoint(checkpointSource);
  if (stored === undefined) return { stored, before: undefined };
  const before = parseCheckpoint(stored);
  if (before.swaps !== undefined) await swapTables(engine, before.swaps);
  else await dropSideTables(engine);
  return { stored, before };
}

/** An engine that was filled beside others, by a version that spread rows over them, has a part of each table. */
async function refuseShard(engine: Engine): Promise<void> {
  const mark = { database: 'theflash', table: 'shard_layout' };
  if ((await readTable(engine, mark)) === undefined) return;
  throw new FlashError('UNSUPPORTED', `${engine.location} holds a part of the rows of each table`, {
    hint:
      'It was one of several shards, which this version has no more. Begin a new copy in an empty folder; ' +
      'docs/scaling.md says how to spread it over machines.',
  });
}

/** What a reading before this one has applied counts, too. */
function hasMoved(
  totals: Totals,
  now: Position | undefined,
  before: Position | undefined,
): boolean {
  const hasApplied = totals.transactions + totals.statements > 0;
  return hasApplied || JSON.stringify(now) !== JSON.stringify(before);
}

/** A followed source outlives the plan for a part of its logs, which holds up to the next log. */
function isPassing(plan: RewindPlan, source: Source): boolean {
  const isBounded = plan.stopBefore === undefined && plan.error === undefined;
  return source.next !== undefined && plan !== noRewind && isBounded;
}

async function readLogs(
  { logs, offset, applyFrom, readOn }: StartPoint & { readOn: Source['next'] },
  reader: LogReader,
  applier: LogApplier,
  kernel: RowKernel | undefined,
): Promise<void> {
  const decoder = new EventDecoder();
  const sums = kernel === undefined ? {} : { crc32: kernel.crc32 };
  let [log] = logs;
  for (let index = 0; log !== undefined; index += 1) {
    if (index > 0) checkFollows(log, applier);
    const rotate = await readClosingRotate(log);
    if (rotate !== undefined)
      checkRotation(rotate, { isApplied: index === 0 && offset > firstOffset });
    const startOffset = index === 0 ? offset : 0;
    if (startOffset > 0) applier.log.startAt({ file: log.name, offset: startOffset });
    const framer = new EventFramer(log.name, { startOffset, ...sums });
    await reader.read(
      log.input,
      framer,
      decoder,
      index === 0 ? earlierThan(applyFrom, applier) : undefined,
    );
    if (reader.isStopped) return;
    log = logs[index + 1] ?? followingLog(readOn, log);
  }
}

/** The log that a followed source has begun since. */
function followingLog(next: Source['next'], { name }: NamedLog): NamedLog | undefined {
  const input = next?.(name);
  return input === undefined ? undefined : { name: input.name ?? name, input };
}

function earlierThan(place: Position | undefined, { log }: LogApplier): EarlierEvents | undefined {
  if (place === undefined) return undefined;
  log.startAt(place);
  return new EarlierEvents(place, (gtids) => {
    log.addEarlier(gtids);
  });
}

/** The ROTATE at a log's end names the next one. Without one the server has crashed or was stopped. */
function checkFollows(log: NamedLog, applier: LogApplier): void {
  const { position, hasRotated } = applier.log;
  const isCut = applier.transaction !== undefined;
  if (isCut) applier.discardTransaction();
  if (position === undefined || position.file === log.name || !hasRotated) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `the log before it says that ${position.file} follows, and ${log.input.location} was given`,
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

/** Applies what lies before an error in the log. */
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

function warnOfUnknownKeys(history: SchemaHistory, { onWarning }: ReplayOptions): void {
  const unknown = unknownForeignKeys(history.tables());
  if (unknown.length > 0) onWarning?.(unknownForeignKeysLine(unknown));
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
