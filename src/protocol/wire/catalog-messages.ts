import { type CatalogTable } from '../catalog.js';
import { type ScanColumn } from '../scan-request.js';
import { sourcePhases, type SourceState } from '../source-state.js';
import { type JsonFields, JsonFields as Fields } from './json-fields.js';

/** Asks for the tables, or for one of them. */
export interface TablesMessage {
  type: 'TABLES';
  database?: string;
  table?: string;
  /** Counts the rows that a reader sees, which reads each table's key columns. */
  countRows: boolean;
}

export interface WireTable extends CatalogTable {
  columns: readonly ScanColumn[];
  /** Undefined where they were not asked for. */
  rows: number | undefined;
}

export interface TablesOkMessage {
  type: 'TABLES_OK';
  tables: readonly WireTable[];
}

export interface StatusMessage {
  type: 'STATUS';
}

/** A scan or query that runs on the server. Units: ms since 1970, UTC; rows and bytes sent so far. */
export interface OpenScan {
  connection: number;
  peer: string;
  what: string;
  startedAtMs: number;
  rows: number;
  bytes: number;
}

export interface ServerStatus {
  server: string;
  serverId: string;
  startedAtMs: number;
  engineVersion: string;
  patches: readonly string[];
  sandbox: string;
  connections: number;
  openWrites: number;
  openScans: readonly OpenScan[];
  /** What the server itself follows; missing where it has no source. */
  sources?: readonly SourceState[] | undefined;
}

export interface StatusOkMessage extends ServerStatus {
  type: 'STATUS_OK';
}

export interface CheckpointMessage {
  type: 'CHECKPOINT';
  source: string;
}

export interface CheckpointOkMessage {
  type: 'CHECKPOINT_OK';
  /** Undefined where nothing was committed for the source. */
  checkpoint: string | undefined;
}

const tablesMax = 100_000;
const sourcesMax = 1000;
const columnsMax = 10_000;

export function parseTables(fields: JsonFields): TablesMessage {
  const database = fields.optionalText('database');
  const table = fields.optionalText('table');
  return {
    type: 'TABLES',
    ...(database === undefined ? {} : { database }),
    ...(table === undefined ? {} : { table }),
    countRows: fields.flag('countRows'),
  };
}

export function parseTablesOk(fields: JsonFields): TablesOkMessage {
  return {
    type: 'TABLES_OK',
    tables: fields.list('tables', tablesMax, (item) => parseTable(new Fields('table', item))),
  };
}

export function parseStatusOk(fields: JsonFields): StatusOkMessage {
  return {
    type: 'STATUS_OK',
    server: fields.text('server'),
    serverId: fields.text('serverId'),
    startedAtMs: fields.integer('startedAtMs', 0),
    engineVersion: fields.text('engineVersion'),
    patches: fields.texts('patches', 1000),
    // Older servers do not tell.
    sandbox: fields.optionalText('sandbox') ?? 'unknown',
    connections: fields.integer('connections', 0),
    openWrites: fields.integer('openWrites', 0),
    openScans: fields.list('openScans', tablesMax, (item) =>
      parseOpenScan(new Fields('openScan', item)),
    ),
    sources: fields.has('sources')
      ? fields.list('sources', sourcesMax, (item) => parseSource(new Fields('source', item)))
      : undefined,
  };
}

function parseSource(fields: JsonFields): SourceState {
  const phase = fields.text('phase');
  return {
    location: fields.text('location'),
    // A newer server may have phases that this client does not know.
    phase: sourcePhases.find((known) => known === phase) ?? 'connecting',
    sinceMs: fields.integer('sinceMs', 0),
    lostSinceMs: fields.optionalInteger('lostSinceMs', 0),
    hasCopy: fields.has('hasCopy') ? fields.flag('hasCopy') : undefined,
    starts: fields.integer('starts', 0),
    sourceTimeMs: fields.optionalInteger('sourceTimeMs', 0),
    visibleAtMs: fields.optionalInteger('visibleAtMs', 0),
    equalAtMs: fields.optionalInteger('equalAtMs', 0),
    lookedAtMs: fields.optionalInteger('lookedAtMs', 0),
    behindBytes: fields.optionalInteger('behindBytes', 0),
    lagMs: fields.optionalInteger('lagMs', 0),
    retryAtMs: fields.optionalInteger('retryAtMs', 0),
    failure: fields.has('failure') ? parseFailure(fields.object('failure')) : undefined,
  };
}

function parseFailure(fields: JsonFields): NonNullable<SourceState['failure']> {
  return {
    code: fields.text('code'),
    message: fields.longText('message'),
    hint: fields.has('hint') ? fields.longText('hint') : undefined,
    atMs: fields.integer('atMs', 0),
  };
}

export function parseCheckpoint(fields: JsonFields): CheckpointMessage {
  return { type: 'CHECKPOINT', source: fields.text('source') };
}

export function parseCheckpointOk(fields: JsonFields): CheckpointOkMessage {
  return {
    type: 'CHECKPOINT_OK',
    checkpoint: fields.has('checkpoint') ? fields.longText('checkpoint') : undefined,
  };
}

function parseTable(fields: JsonFields): WireTable {
  return {
    database: fields.text('database'),
    table: fields.text('table'),
    primaryKey: fields.texts('primaryKey', columnsMax),
    bytes: fields.integer('bytes', 0),
    rows: fields.optionalInteger('rows', 0),
    columns: fields.list('columns', columnsMax, (item) => parseColumn(new Fields('column', item))),
  };
}

function parseColumn(fields: JsonFields): ScanColumn {
  return {
    name: fields.text('name'),
    engineType: fields.longText('engineType'),
    mysqlType: fields.optionalText('mysqlType', 1_000_000),
  };
}

function parseOpenScan(fields: JsonFields): OpenScan {
  return {
    connection: fields.integer('connection', 0),
    peer: fields.text('peer'),
    what: fields.text('what'),
    startedAtMs: fields.integer('startedAtMs', 0),
    rows: fields.integer('rows', 0),
    bytes: fields.integer('bytes', 0),
  };
}
