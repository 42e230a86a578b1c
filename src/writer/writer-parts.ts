import type { ZeroDatePolicy } from '../binlog/index.js';
import type { Engine, Position, Source } from '../protocol/index.js';
import { BatchWriter, type BatchFacts } from './batch-writer.js';
import { ChangeBuffer } from './change-buffer.js';
import {
  checkpointSource,
  parseCheckpoint,
  type Beginning,
  type WriterCheckpoint,
} from './checkpoint.js';
import { CommitQueue } from './commit-queue.js';
import { DdlApplier } from './ddl-applier.js';
import type { DdlPorts } from './ddl-ports.js';
import { EngineTables } from './engine-tables.js';
import { storedFilters } from './filter-change.js';
import { ForeignKeyActions } from './foreign-keys/index.js';
import { GtidSet } from './gtid-set.js';
import { defaultLimits, type BatchLimits } from './limits.js';
import { LogApplier } from './log-applier.js';
import { LogPosition } from './log-position.js';
import type { RewindPlan } from './rewind.js';
import { RowCompleter } from './row-completer.js';
import type { SchemaHistory } from './schema-history.js';
import type { StartPoint } from './start-point.js';
import type { TableFilter, TableFilterOptions } from './table-filter.js';
import { checkOwners } from './table-owners.js';
import { TableRebuild } from './table-rebuild.js';
import { TableRouter } from './table-router.js';
import type { Totals } from './totals.js';
import { XaStore } from './xa-store.js';

export interface WriterPartsOptions {
  source: Source;
  engine: Engine;
  start: StartPoint;
  /** The checkpoint that the start is of, as the engine gave it. */
  stored: string | undefined;
  filter: TableFilter;
  filterOptions: TableFilterOptions;
  /** The source stores names of databases and tables in lower case. */
  lowerCaseTableNames: boolean;
  history: SchemaHistory;
  /** The history has changed before anything was read. */
  hasLearned: boolean;
  skipStatements: readonly Position[];
  zeroDate: ZeroDatePolicy;
  limits: Partial<BatchLimits>;
  nowMs: () => number;
  plan: RewindPlan;
  totals: Totals;
  onCommitted: ((checkpoint: WriterCheckpoint, facts: BatchFacts) => void) | undefined;
  onWarning: ((line: string) => void) | undefined;
}

/** What reads a log into an engine, put together for one reading. */
export interface WriterParts {
  applier: LogApplier;
  queue: CommitQueue;
  writer: BatchWriter;
}

/** Puts the parts of the writer together. */
export function makeWriterParts(options: WriterPartsOptions): WriterParts {
  const { engine, start, filter, history, zeroDate, plan, totals, nowMs } = options;
  const { checkpoint } = start;
  const limits = { ...defaultLimits, ...options.limits };
  const tables = new EngineTables(engine);
  const buffer = new ChangeBuffer(limits.bytesMax);
  const beginning = (): Beginning | undefined => start.beginning;
  const kernel = engine.rowKernel;
  const { serverUrl } = options.source;
  const completer = new RowCompleter(engine);
  const foreignKeys = new ForeignKeyActions({ engine, history, filter, buffer, completer });
  const router = new TableRouter({
    ...{ filter, history, buffer, foreignKeys, zeroDate, kernel, beginning },
    serverUrl,
  });
  const writer = new BatchWriter(
    engine,
    tables,
    checkpointSource,
    { stored: options.stored },
    (text, facts) => options.onCommitted?.(parseCheckpoint(text), facts),
  );
  const { keepsWhole, transactionsMax } = plan;
  const xaStore = new XaStore(engine, () => writer.settle());
  const queue = new CommitQueue(
    {
      ...{ engine, filter },
      ...{ writer, buffer, router, completer, foreignKeys, history, xaStore, limits, nowMs },
      ...{ totals, keepsWhole, transactionsMax },
    },
    options.hasLearned,
  );
  const log = makeLogPosition(options, queue);
  const barrier: DdlPorts['barrier'] = async (renames) => {
    // A note of what is under way stands beside the place.
    if ((renames?.length ?? 0) > 0) log.settleMove();
    const here = applier.checkpoint();
    if (here !== undefined) await queue.commit(here, renames);
    await writer.settle();
  };
  const ddl = new DdlApplier(
    {
      tables,
      rebuild: new TableRebuild(engine, tables),
      history,
      filter,
      serverUrl,
      foreignKeys,
      ...{ barrier, checkOwners: (targets) => checkOwners(engine, targets) },
      beginning,
    },
    checkpoint?.renames,
  );
  const filters = checkpoint?.filters;
  const { lowerCaseTableNames } = options;
  const filterOptions = { ...options.filterOptions, lowerCaseTableNames };
  const applier: LogApplier = new LogApplier(
    {
      ...{ source: options.source, queue, buffer, router, filter, history, ddl },
      ...{ foreignKeys, log, xaStore },
      lowerCaseTableNames,
      filters: () => storedFilters(filterOptions, zeroDate, filter, filters),
      skipStatements: options.skipStatements,
      onWarning: options.onWarning,
      ...plan,
    },
    checkpoint,
  );
  return { applier, queue, writer };
}

function makeLogPosition(
  { start, source, onWarning }: WriterPartsOptions,
  queue: CommitQueue,
): LogPosition {
  const { checkpoint, beginning, covered, named } = start;
  const goesOn = checkpoint?.mark !== undefined;
  return new LogPosition(
    {
      held: GtidSet.parse(checkpoint?.gtidSet ?? covered ?? ''),
      series: GtidSet.parse(goesOn ? checkpoint.gtidSet : ''),
      goesOn,
      beginning,
      covered,
      mayBeCut: source.serverUrl === undefined,
      named,
      onMove: () => {
        queue.markDirty();
      },
      onDoubt: (line) => onWarning?.(line),
    },
    checkpoint,
  );
}
