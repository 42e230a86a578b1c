import { type SortKey } from '../scan-request.js';
import { type SqlParameters } from '../sql-parameters.js';
import { parseAggregate, type Aggregate } from './aggregate.js';
import { type Filter } from './filter.js';
import { parseFilter } from './filter-parse.js';
import { type JsonFields, JsonFields as Fields } from './json-fields.js';

/** Runs SQL that gives no rows. `timeoutMs` 0: as long as the server allows. */
export interface ExecuteMessage {
  type: 'EXECUTE';
  sql: string;
  parameters?: SqlParameters;
  timeoutMs: number;
}

export interface ExecuteOkMessage {
  type: 'EXECUTE_OK';
  elapsedMs: number;
}

/** Runs any SQL and streams its result. Units: `credit` in bytes. */
export interface QueryMessage {
  type: 'QUERY';
  sql: string;
  parameters?: SqlParameters;
  credit: number;
  timeoutMs: number;
}

/** Asks for a scan of one table, cut into splits that can be read in parallel. */
export interface PlanMessage {
  type: 'PLAN';
  database: string;
  table: string;
  /** Read this snapshot; undefined: the server makes one for the plan. */
  snapshot?: string;
  /** In the order wanted; undefined for all. */
  columns?: readonly string[];
  filter?: Filter;
  /** Instead of rows: what changed after this version. Then with `columns` at the most. */
  changesAfter?: bigint;
  /** UUID of the table whose changes they must be. */
  changesOf?: string;
  /** Instead of rows; then without `columns`, `orderBy` and `rowsMax`. */
  aggregate?: Aggregate;
  /** Applied in each split. */
  orderBy?: readonly SortKey[];
  /** Applied in each split: a reader of several cuts once more. */
  rowsMax?: number;
  splitsMin: number;
  splitsMax: number;
  /** Aim for the compressed size of a split. */
  splitBytes: number;
}

/** A part of a planned scan. Every row of the table is in exactly one of a plan's splits. */
export interface PlannedSplit {
  /** Opaque; good for any number of SCANs, on any connection, until the plan expires. */
  ticket: string;
  /** Estimated rows before the filter. */
  rows: number;
}

export interface PlanOkMessage {
  type: 'PLAN_OK';
  /** Name of the snapshot that all splits read; undefined for a view: each reads the newest state. */
  snapshot: string | undefined;
  /** ms since 1970, UTC. */
  expiresAtMs: number;
  /** The Arrow schema message of every split's result, in base64. */
  schema: string;
  /** Of the table: rows as seen by a reader, compressed bytes. */
  rows: number;
  bytes: number;
  splits: readonly PlannedSplit[];
}

export interface ScanMessage {
  type: 'SCAN';
  ticket: string;
  credit: number;
  timeoutMs: number;
}

/** The query or scan has begun: its rows are those of this moment, whatever is written later. */
export interface OpenedMessage {
  type: 'OPENED';
}

/** Carries the Arrow schema message of a result. */
export interface SchemaMessage {
  type: 'SCHEMA';
}

/** Carries one Arrow record batch message. */
export interface BatchMessage {
  type: 'BATCH';
  rows: number;
}

/** Sent while a request runs and nothing else is to be sent. Rows and bytes sent so far. */
export interface ProgressMessage {
  type: 'PROGRESS';
  rows: number;
  bytes: number;
  elapsedMs: number;
}

/** The result is whole. `bytes` counts the Arrow messages, the schema among them. */
export interface EndMessage {
  type: 'END';
  rows: number;
  batches: number;
  bytes: number;
  elapsedMs: number;
}

/** Allows the server to send that many bytes of Arrow messages more. */
export interface CreditMessage {
  type: 'CREDIT';
  bytes: number;
}

export interface CancelMessage {
  type: 'CANCEL';
}

const columnsMax = 10_000;
const parametersMax = 10_000;
/** Most splits of a plan. */
export const splitsCountMax = 1024;

export function parseExecute(fields: JsonFields): ExecuteMessage {
  return {
    type: 'EXECUTE',
    sql: fields.longText('sql'),
    ...parseParameters(fields),
    timeoutMs: fields.integer('timeoutMs', 0),
  };
}

export function parseExecuteOk(fields: JsonFields): ExecuteOkMessage {
  return { type: 'EXECUTE_OK', elapsedMs: fields.integer('elapsedMs', 0) };
}

export function parseQuery(fields: JsonFields): QueryMessage {
  return {
    type: 'QUERY',
    sql: fields.longText('sql'),
    ...parseParameters(fields),
    credit: fields.integer('credit', 0),
    timeoutMs: fields.integer('timeoutMs', 0),
  };
}

export function parsePlan(fields: JsonFields): PlanMessage {
  const snapshot = fields.optionalText('snapshot');
  const rowsMax = fields.optionalInteger('rowsMax', 0);
  const splitsMax = fields.integer('splitsMax', 1, splitsCountMax);
  const changesOf = fields.optionalText('changesOf');
  return {
    type: 'PLAN',
    database: fields.text('database'),
    table: fields.text('table'),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(fields.has('columns') ? { columns: fields.texts('columns', columnsMax) } : {}),
    ...(fields.has('filter') ? { filter: parseFilter(fields.value('filter')) } : {}),
    ...(fields.has('changesAfter') ? { changesAfter: fields.unsigned64('changesAfter') } : {}),
    ...(changesOf === undefined ? {} : { changesOf }),
    ...(fields.has('aggregate') ? { aggregate: parseAggregate(fields.object('aggregate')) } : {}),
    ...(fields.has('orderBy')
      ? { orderBy: fields.list('orderBy', columnsMax, (item) => parseSortKey(item)) }
      : {}),
    ...(rowsMax === undefined ? {} : { rowsMax }),
    splitsMin: fields.integer('splitsMin', 1, splitsMax),
    splitsMax,
    splitBytes: fields.integer('splitBytes', 1),
  };
}

export function parsePlanOk(fields: JsonFields): PlanOkMessage {
  return {
    type: 'PLAN_OK',
    snapshot: fields.optionalText('snapshot'),
    expiresAtMs: fields.integer('expiresAtMs', 0),
    schema: fields.longText('schema'),
    rows: fields.integer('rows', 0),
    bytes: fields.integer('bytes', 0),
    splits: fields.list('splits', splitsCountMax, (item) => {
      const split = new Fields('split', item);
      return { ticket: split.longText('ticket'), rows: split.integer('rows', 0) };
    }),
  };
}

export function parseScan(fields: JsonFields): ScanMessage {
  return {
    type: 'SCAN',
    ticket: fields.longText('ticket'),
    credit: fields.integer('credit', 0),
    timeoutMs: fields.integer('timeoutMs', 0),
  };
}

export function parseBatch(fields: JsonFields): BatchMessage {
  return { type: 'BATCH', rows: fields.integer('rows', 0) };
}

export function parseProgress(fields: JsonFields): ProgressMessage {
  return {
    type: 'PROGRESS',
    rows: fields.integer('rows', 0),
    bytes: fields.integer('bytes', 0),
    elapsedMs: fields.integer('elapsedMs', 0),
  };
}

export function parseEnd(fields: JsonFields): EndMessage {
  return {
    type: 'END',
    rows: fields.integer('rows', 0),
    batches: fields.integer('batches', 0),
    bytes: fields.integer('bytes', 0),
    elapsedMs: fields.integer('elapsedMs', 0),
  };
}

export function parseCredit(fields: JsonFields): CreditMessage {
  return { type: 'CREDIT', bytes: fields.integer('bytes', 1) };
}

function parseParameters(fields: JsonFields): { parameters?: SqlParameters } {
  if (!fields.has('parameters')) return {};
  return { parameters: fields.object('parameters').entries(parametersMax) };
}

function parseSortKey(item: unknown): SortKey {
  const key = new Fields('orderBy', item);
  return { column: key.text('column'), descending: key.flag('descending') };
}
