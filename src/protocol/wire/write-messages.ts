import { type JsonFields } from './json-fields.js';

/** Opens a write batch. `batchId` is chosen by the client, random, and kept for a retry. */
export interface WriteMessage {
  type: 'WRITE';
  batchId: string;
}

export interface WriteOkMessage {
  type: 'WRITE_OK';
}

export interface ReserveMessage {
  type: 'RESERVE';
  count: number;
}

export interface ReserveOkMessage {
  type: 'RESERVE_OK';
  firstVersion: bigint;
}

/** Carries a whole Arrow IPC stream of rows for one table. */
export interface AppendMessage {
  type: 'APPEND';
  database: string;
  table: string;
}

/** The rows are durable, and not visible yet. `bytes` of the stream that was taken. */
export interface AppendOkMessage {
  type: 'APPEND_OK';
  bytes: number;
}

export interface CommitMessage {
  type: 'COMMIT';
  source: string;
  checkpoint: string;
}

/** The batch is durable and visible. `repeated`: it was already, by an earlier COMMIT of its id. */
export interface CommitOkMessage {
  type: 'COMMIT_OK';
  repeated: boolean;
}

export interface AbortMessage {
  type: 'ABORT';
}

export interface AbortOkMessage {
  type: 'ABORT_OK';
}

/** Asks what became of a batch whose COMMIT was not answered. */
export interface ResolveMessage {
  type: 'RESOLVE';
  source: string;
  batchId: string;
}

/** Final: a batch that is not applied now never will be. */
export interface ResolveOkMessage {
  type: 'RESOLVE_OK';
  applied: boolean;
}

/**
 * Carries a whole Arrow IPC stream of rows for a plain table. `serverId` is that of the server it
 * was first sent to: another one can't know whether it was applied.
 */
export interface InsertMessage {
  type: 'INSERT';
  batchId: string;
  serverId: string;
  database: string;
  table: string;
}

/** The rows are durable and visible. `repeated`: they were already, by an earlier INSERT of the id. */
export interface InsertOkMessage {
  type: 'INSERT_OK';
  rows: number;
  repeated: boolean;
}

/** Longest batch id, in characters. */
export const batchIdLengthMax = 128;

export function parseWrite(fields: JsonFields): WriteMessage {
  return { type: 'WRITE', batchId: fields.text('batchId', batchIdLengthMax) };
}

export function parseReserve(fields: JsonFields): ReserveMessage {
  return { type: 'RESERVE', count: fields.integer('count', 0, 2 ** 48) };
}

export function parseReserveOk(fields: JsonFields): ReserveOkMessage {
  return { type: 'RESERVE_OK', firstVersion: fields.unsigned64('firstVersion') };
}

export function parseAppend(fields: JsonFields): AppendMessage {
  return { type: 'APPEND', database: fields.text('database'), table: fields.text('table') };
}

export function parseAppendOk(fields: JsonFields): AppendOkMessage {
  return { type: 'APPEND_OK', bytes: fields.integer('bytes', 0) };
}

export function parseCommit(fields: JsonFields): CommitMessage {
  return {
    type: 'COMMIT',
    source: fields.text('source'),
    checkpoint: fields.longText('checkpoint'),
  };
}

export function parseCommitOk(fields: JsonFields): CommitOkMessage {
  return { type: 'COMMIT_OK', repeated: fields.flag('repeated') };
}

export function parseResolve(fields: JsonFields): ResolveMessage {
  return {
    type: 'RESOLVE',
    source: fields.text('source'),
    batchId: fields.text('batchId', batchIdLengthMax),
  };
}

export function parseResolveOk(fields: JsonFields): ResolveOkMessage {
  return { type: 'RESOLVE_OK', applied: fields.flag('applied') };
}

export function parseInsert(fields: JsonFields): InsertMessage {
  return {
    type: 'INSERT',
    batchId: fields.text('batchId', batchIdLengthMax),
    serverId: fields.text('serverId'),
    database: fields.text('database'),
    table: fields.text('table'),
  };
}

export function parseInsertOk(fields: JsonFields): InsertOkMessage {
  return {
    type: 'INSERT_OK',
    rows: fields.integer('rows', 0),
    repeated: fields.flag('repeated'),
  };
}
