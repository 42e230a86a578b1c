import { FlashError } from '../errors.js';
import * as catalog from './catalog-messages.js';
import { frameTypeName, frameTypes, type FrameTypeName } from './constants.js';
import { parseErrorMessage, type ErrorMessage } from './error-message.js';
import { type Frame } from './frame.js';
import { encodeJson, JsonFields, parseJson } from './json-fields.js';
import { clientJsonLimits, jsonLimitOf } from './json-limits.js';
import * as scan from './scan-messages.js';
import * as session from './session-messages.js';
import * as write from './write-messages.js';

/** Every message of version 1, told apart by `type`. */
export type Message =
  | session.HelloMessage
  | session.HelloOkMessage
  | session.AuthMessage
  | session.AuthOkMessage
  | session.PingMessage
  | session.PongMessage
  | session.GoawayMessage
  | ErrorMessage
  | catalog.TablesMessage
  | catalog.TablesOkMessage
  | catalog.StatusMessage
  | catalog.StatusOkMessage
  | catalog.CheckpointMessage
  | catalog.CheckpointOkMessage
  | scan.ExecuteMessage
  | scan.ExecuteOkMessage
  | scan.QueryMessage
  | scan.PlanMessage
  | scan.PlanOkMessage
  | scan.ScanMessage
  | scan.OpenedMessage
  | scan.SchemaMessage
  | scan.BatchMessage
  | scan.ProgressMessage
  | scan.EndMessage
  | scan.CreditMessage
  | scan.CancelMessage
  | write.WriteMessage
  | write.WriteOkMessage
  | write.ReserveMessage
  | write.ReserveOkMessage
  | write.AppendMessage
  | write.AppendOkMessage
  | write.CommitMessage
  | write.CommitOkMessage
  | write.AbortMessage
  | write.AbortOkMessage
  | write.ResolveMessage
  | write.ResolveOkMessage
  | write.InsertMessage
  | write.InsertOkMessage;

/** Who sends the messages that are decoded: from a client nothing but what clients send is taken. */
export type Sender = 'client' | 'any';

/** The messages whose frames carry a payload; in all others one is an error. */
export const payloadTypes: ReadonlySet<FrameTypeName> = new Set([
  'SCHEMA',
  'BATCH',
  'APPEND',
  'INSERT',
]);

/** Encodes a message's JSON part; 64-bit numbers become decimal text. No fields give no bytes. */
export function encodeMeta(message: Message): Uint8Array {
  if (Object.keys(message).length === 1) return new Uint8Array(0);
  if (message.type === 'RESERVE_OK') {
    return encodeJson({ firstVersion: String(message.firstVersion) });
  }
  // The frame's type says it already.
  const fields = { ...message, type: undefined };
  if (message.type !== 'PLAN' || message.changesAfter === undefined) return encodeJson(fields);
  return encodeJson({ ...fields, changesAfter: String(message.changesAfter) });
}

/** Gives the frame type number of a message. */
export function messageType(message: Message): number {
  return frameTypes[message.type];
}

/**
 * Decodes the message of a frame, each field checked. A later frame of a payload in pieces has no
 * JSON; it is the caller's to recognise.
 *
 * Errors: PROTOCOL for JSON or fields that are wrong, a payload where none belongs, or a type that
 * the sender does not send; TOO_LARGE for JSON beyond the type's bounds.
 */
export function decodeMessage(frame: Frame, sender: Sender = 'any'): Message {
  const name = frameTypeName(frame.type);
  if (name === undefined) throw new FlashError('PROTOCOL', `No message has type ${frame.type}`);
  const limit = sender === 'client' ? clientJsonLimits[name] : jsonLimitOf(name);
  if (limit === undefined) throw notOfClients(name);
  if (!payloadTypes.has(name) && (frame.payload.length > 0 || frame.more)) {
    throw new FlashError('PROTOCOL', `${name} has a payload`, {
      hint: 'The other side has a bug, or speaks another protocol.',
    });
  }
  return parsers[name](new JsonFields(name, parseJson(name, frame.meta, limit)));
}

/** The error for a type that came from a client and that clients do not send. */
export function notOfClients(name: FrameTypeName): FlashError {
  return new FlashError('PROTOCOL', `${name} came, which no client sends`, {
    hint: 'The other side has a bug, or is a server itself.',
  });
}

const parsers: Readonly<Record<FrameTypeName, (fields: JsonFields) => Message>> = {
  HELLO: session.parseHello,
  HELLO_OK: session.parseHelloOk,
  AUTH: session.parseAuth,
  AUTH_OK: session.parseAuthOk,
  PING: () => ({ type: 'PING' }),
  PONG: () => ({ type: 'PONG' }),
  GOAWAY: session.parseGoaway,
  ERROR: parseErrorMessage,
  TABLES: catalog.parseTables,
  TABLES_OK: catalog.parseTablesOk,
  STATUS: () => ({ type: 'STATUS' }),
  STATUS_OK: catalog.parseStatusOk,
  CHECKPOINT: catalog.parseCheckpoint,
  CHECKPOINT_OK: catalog.parseCheckpointOk,
  EXECUTE: scan.parseExecute,
  EXECUTE_OK: scan.parseExecuteOk,
  QUERY: scan.parseQuery,
  PLAN: scan.parsePlan,
  PLAN_OK: scan.parsePlanOk,
  SCAN: scan.parseScan,
  OPENED: () => ({ type: 'OPENED' }),
  SCHEMA: () => ({ type: 'SCHEMA' }),
  BATCH: scan.parseBatch,
  PROGRESS: scan.parseProgress,
  END: scan.parseEnd,
  CREDIT: scan.parseCredit,
  CANCEL: () => ({ type: 'CANCEL' }),
  WRITE: write.parseWrite,
  WRITE_OK: () => ({ type: 'WRITE_OK' }),
  RESERVE: write.parseReserve,
  RESERVE_OK: write.parseReserveOk,
  APPEND: write.parseAppend,
  APPEND_OK: write.parseAppendOk,
  COMMIT: write.parseCommit,
  COMMIT_OK: write.parseCommitOk,
  ABORT: () => ({ type: 'ABORT' }),
  ABORT_OK: () => ({ type: 'ABORT_OK' }),
  RESOLVE: write.parseResolve,
  RESOLVE_OK: write.parseResolveOk,
  INSERT: write.parseInsert,
  INSERT_OK: write.parseInsertOk,
};
