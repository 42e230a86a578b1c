import { readFileSync, writeFileSync } from 'node:fs';
import {
  authProof,
  encodePreface,
  MessageWriter,
  toErrorMessage,
  type Message,
} from '../../../src/protocol/wire/index.js';
import { FlashError } from '../../../src/protocol/index.js';

/** A message of a conversation, in what bytes it crosses the wire. */
export interface Step {
  from: 'client' | 'server';
  /** `PREFACE`, or the message's type. */
  type: string;
  streamId: number;
  /** The fields as JSON; null for the preface. */
  fields: Record<string, unknown> | null;
  payload: string;
  /** Hex of all frames of the message. */
  hex: string;
}

export interface Conversation {
  name: string;
  about: string;
  steps: readonly Step[];
}

/** Folder of the vectors that TypeScript and Java share. */
export const vectorsFolder = new URL('../../vectors/', import.meta.url);

/** Reads a file of vectors, or writes it first when UPDATE=1 is set. */
export function readVectors(name: string, current: unknown): unknown {
  const url = new URL(name, vectorsFolder);
  if (process.env['UPDATE'] === '1') writeFileSync(url, `${JSON.stringify(current, null, 2)}\n`);
  return JSON.parse(readFileSync(url, 'utf8'));
}

const token = 'correct horse battery staple';
const serverId = '6f1d0f3e-0000-4000-8000-000000000001';
const serverNonce = '11'.repeat(32);
const clientNonce = '22'.repeat(32);
const nonces = { serverId, serverNonce, clientNonce };

/** HMACs of a login with fixed nonces. */
export const proofs = {
  token,
  ...nonces,
  client: authProof('client', token, nonces),
  server: authProof('server', token, nonces),
};

const limits = {
  frameBytesMax: 67_108_864,
  messageBytesMax: 1_073_741_824,
  appendBytesMax: 268_435_456,
  idleTimeoutMs: 300_000,
  writeIdleTimeoutMs: 60_000,
  stallTimeoutMs: 600_000,
  statementTimeoutMsMax: 0,
};

function helloOk(auth: 'none' | 'token'): Message {
  return {
    type: 'HELLO_OK',
    version: 1,
    server: 'theflash/0.1.0',
    serverId,
    auth,
    nonce: serverNonce,
    checksum: true,
    limits,
  };
}

const hello: Message = {
  type: 'HELLO',
  client: 'vectors/1',
  frameBytesMax: 65_536,
  checksum: true,
};

const insert: Message = {
  ...{ type: 'INSERT', batchId: 'i-1', serverId },
  ...{ database: 'stage', table: 'rows' },
};

/** Stands for Arrow messages: what a payload holds is not the frames' concern. */
const payload = (lengthBytes: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 7 + seed) & 255);

type Line = ['c' | 's', number, Message, Uint8Array?];

function play(name: string, about: string, lines: readonly Line[]): Conversation {
  const writers = { c: new MessageWriter(), s: new MessageWriter() };
  // So that large messages of either side come in pieces.
  writers.c.frameBytesMax = 65_536;
  writers.s.frameBytesMax = 65_536;
  const preface: Step = {
    from: 'client',
    type: 'PREFACE',
    streamId: 0,
    fields: null,
    payload: '',
    hex: hex(encodePreface()),
  };
  const steps = lines.map(([from, streamId, message, bytes]): Step => {
    const frames = writers[from].encode(message, streamId, bytes);
    const { type, ...fields } = message;
    return {
      from: from === 'c' ? 'client' : 'server',
      type,
      streamId,
      fields: JSON.parse(JSON.stringify(fields, (_, value: unknown) => toJson(value))) as Record<
        string,
        unknown
      >,
      payload: hex(bytes ?? new Uint8Array(0)),
      hex: hex(Buffer.concat(frames)),
    };
  });
  return { name, about, steps: [preface, ...steps] };
}

/** Whole conversations, byte for byte. */
export function makeConversations(): readonly Conversation[] {
  return [...makeSessions(), ...makePlans(), ...makeStatements()];
}

function makePlans(): readonly Conversation[] {
  return [
    play('plan', 'A plan of two splits on a snapshot of the client, which is then dropped.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      [
        'c',
        1,
        {
          ...{ type: 'PLAN', database: 'shop', table: 'orders', snapshot: 'noon' },
          columns: ['id', 'total'],
          filter: { op: 'is-null', column: 'total' },
          orderBy: [{ column: 'id', descending: true }],
          ...{ rowsMax: 10, splitsMin: 2, splitsMax: 8, splitBytes: 134_217_728 },
        },
      ],
      [
        's',
        1,
        {
          ...{ type: 'PLAN_OK', snapshot: 'noon', expiresAtMs: 1_767_225_600_000 },
          ...{ schema: 'AAAA', rows: 5, bytes: 100 },
          splits: [
            { ticket: 'first', rows: 3 },
            { ticket: 'second', rows: 2 },
          ],
        },
      ],
      ['c', 2, { type: 'EXECUTE', sql: 'DROP SNAPSHOT IF EXISTS `noon`', timeoutMs: 0 }],
      ['s', 2, { type: 'EXECUTE_OK', elapsedMs: 2 }],
    ]),
    play('aggregate', 'A plan of partial aggregates.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      [
        'c',
        1,
        {
          ...{ type: 'PLAN', database: 'shop', table: 'orders' },
          aggregate: {
            groupBy: ['status'],
            functions: [
              { function: 'countRows', as: 'rows' },
              { function: 'sum', column: 'total', as: 'totals' },
            ],
          },
          ...{ splitsMin: 1, splitsMax: 1, splitBytes: 1 },
        },
      ],
      [
        's',
        1,
        {
          ...{ type: 'PLAN_OK', snapshot: 'auto_1', expiresAtMs: 1_767_225_600_000 },
          ...{ schema: 'AAAA', rows: 5, bytes: 100, splits: [{ ticket: 'only', rows: 5 }] },
        },
      ],
    ]),
  ];
}

function makeStatements(): readonly Conversation[] {
  return [
    play('parameters', 'A query with parameters, one of them NULL.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      [
        'c',
        1,
        {
          ...{ type: 'QUERY', sql: 'SELECT {a:String}, {b:Nullable(Int8)}', credit: 1024 },
          ...{ parameters: { a: "O'Hara", b: null }, timeoutMs: 0 },
        },
      ],
    ]),
    play('insert', 'An insert in two frames, and again after its answer was lost.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      ['c', 1, insert, payload(70_000, 7)],
      ['s', 1, { type: 'INSERT_OK', rows: 9, repeated: false }],
      ['c', 2, insert, payload(70_000, 7)],
      ['s', 2, { type: 'INSERT_OK', rows: 9, repeated: true }],
    ]),
  ];
}

function makeSessions(): readonly Conversation[] {
  return [
    play('query', 'No token; a query of two batches, one CREDIT between them; PING.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      ['c', 0, { type: 'PING' }],
      ['s', 0, { type: 'PONG' }],
      ['c', 1, { type: 'QUERY', sql: "SELECT 'ü'", credit: 1024, timeoutMs: 0 }],
      ['s', 1, { type: 'PROGRESS', rows: 0, bytes: 0, elapsedMs: 1000 }],
      ['s', 1, { type: 'OPENED' }],
      ['s', 1, { type: 'SCHEMA' }, payload(64, 1)],
      ['s', 1, { type: 'BATCH', rows: 3 }, payload(128, 2)],
      ['c', 1, { type: 'CREDIT', bytes: 192 }],
      ['s', 1, { type: 'BATCH', rows: 1 }, payload(8, 3)],
      ['s', 1, { type: 'END', rows: 4, batches: 2, bytes: 200, elapsedMs: 7 }],
    ]),
    play('token', 'A login with a token, then the checkpoint of a source that has none.', [
      ['c', 0, hello],
      ['s', 0, helloOk('token')],
      ['c', 0, { type: 'AUTH', nonce: clientNonce, proof: proofs.client }],
      ['s', 0, { type: 'AUTH_OK', proof: proofs.server }],
      ['c', 1, { type: 'CHECKPOINT', source: 'shop' }],
      ['s', 1, { type: 'CHECKPOINT_OK', checkpoint: undefined }],
    ]),
    play('write', 'A batch that is committed, then the question what became of it.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      ['c', 1, { type: 'WRITE', batchId: 'b-1' }],
      ['s', 1, { type: 'WRITE_OK' }],
      ['c', 1, { type: 'RESERVE', count: 2 }],
      ['s', 1, { type: 'RESERVE_OK', firstVersion: 18_446_744_073_709_551_000n }],
      ['c', 1, { type: 'APPEND', database: 'shop', table: 'orders' }, payload(40, 4)],
      ['s', 1, { type: 'APPEND_OK', bytes: 40 }],
      ['c', 1, { type: 'COMMIT', source: 'shop', checkpoint: '{"position":4}' }],
      ['s', 1, { type: 'COMMIT_OK', repeated: false }],
      ['c', 2, { type: 'RESOLVE', source: 'shop', batchId: 'b-1' }],
      ['s', 2, { type: 'RESOLVE_OK', applied: true }],
    ]),
    play('pieces', 'A BATCH larger than the frames that the client takes: flag MORE.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      ['c', 1, { type: 'SCAN', ticket: 'opaque', credit: 1_000_000, timeoutMs: 0 }],
      ['s', 1, { type: 'OPENED' }],
      ['s', 1, { type: 'SCHEMA' }, payload(16, 5)],
      ['s', 1, { type: 'BATCH', rows: 9 }, payload(70_000, 6)],
      ['s', 1, { type: 'END', rows: 9, batches: 1, bytes: 70_016, elapsedMs: 1 }],
    ]),
    play('failure', 'A request that fails and leaves the connection ready, then a fatal error.', [
      ['c', 0, hello],
      ['s', 0, helloOk('none')],
      ['c', 1, { type: 'EXECUTE', sql: 'SELEC 1', timeoutMs: 500 }],
      [
        's',
        1,
        toErrorMessage(
          new FlashError('INVALID_REQUEST', 'Syntax error', {
            hint: 'Mend it.',
            place: { engineCode: 62 },
          }),
          { fatal: false },
        ),
      ],
      [
        's',
        0,
        toErrorMessage(new FlashError('TIMEOUT', 'The connection was idle'), { fatal: true }),
      ],
    ]),
  ];
}

/** Bytes that a receiver of frames up to 65536 bytes must refuse, with the code to refuse them by. */
export function makeRefusals(): readonly { name: string; hex: string; code: string }[] {
  const ping = Buffer.concat(new MessageWriter().encode({ type: 'PING' }, 0));
  const changed = (offset: number, value: number): string => {
    const copy = Buffer.from(ping);
    copy[offset] = value;
    return hex(copy);
  };
  return [
    { name: 'body over the cap', hex: changed(2, 2), code: 'TOO_LARGE' },
    { name: 'unknown type below 0x80', hex: changed(4, 0x7f), code: 'PROTOCOL' },
    { name: 'unknown flag', hex: changed(5, 0x80), code: 'PROTOCOL' },
    { name: 'meta longer than the body', hex: changed(6, 1), code: 'PROTOCOL' },
    { name: 'checksum', hex: changed(12, (ping[12] ?? 0) ^ 1), code: 'PROTOCOL' },
    { name: 'stream id changed under the checksum', hex: changed(8, 1), code: 'PROTOCOL' },
    { name: 'the same frame twice', hex: hex(Buffer.concat([ping, ping])), code: 'PROTOCOL' },
  ];
}

function toJson(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
