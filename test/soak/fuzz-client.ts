import { once } from 'node:events';
import { connect } from 'node:net';
import {
  encodeMeta,
  encodePreface,
  FrameEncoder,
  frameTypes,
  messageType,
  type Message,
} from '../../src/protocol/wire/index.js';
import { damage } from '../binlog/fixtures/damage.js';

/** Requests as a client makes them, to be damaged. */
const requests: readonly Message[] = [
  { type: 'HELLO', client: 'fuzz', frameBytesMax: 1 << 20, checksum: true },
  { type: 'AUTH', nonce: '11'.repeat(32), proof: '22'.repeat(32) },
  { type: 'PING' },
  { type: 'TABLES', database: 'f', countRows: true },
  { type: 'STATUS' },
  { type: 'CHECKPOINT', source: 's' },
  { type: 'EXECUTE', sql: 'SELECT {a:Int8}', parameters: { a: '1' }, timeoutMs: 50 },
  { type: 'QUERY', sql: 'SELECT number FROM numbers(1000)', credit: 1000, timeoutMs: 50 },
  {
    ...{ type: 'PLAN', database: 'f', table: 't', splitsMin: 1, splitsMax: 3, splitBytes: 1 },
    ...{ rowsMax: 3, filter: { op: 'like', column: 'v', pattern: 'a!%%', escape: '!' } },
  },
  {
    ...{ type: 'PLAN', database: 'f', table: 't', splitsMin: 1, splitsMax: 1, splitBytes: 1 },
    aggregate: { groupBy: ['v'], functions: [{ function: 'sum', column: 'id', as: 'x' }] },
  },
  { type: 'SCAN', ticket: 'eyJhIjoxfQ.c2ln', credit: 9, timeoutMs: 0 },
  { type: 'CREDIT', bytes: 5 },
  { type: 'CANCEL' },
  { type: 'WRITE', batchId: 'fuzz' },
  { type: 'RESERVE', count: 3 },
  { type: 'APPEND', database: 'f', table: 't' },
  { type: 'COMMIT', source: 's', checkpoint: 'x' },
  { type: 'RESOLVE', source: 's', batchId: 'fuzz' },
  { type: 'INSERT', batchId: 'i', serverId: 'x', database: 'f', table: 'plain' },
  { type: 'BATCH', rows: 3 },
];

/**
 * Speaks to a server as no client should, once: noise, frames of damaged JSON under a right checksum,
 * frames that were damaged on the way, messages that are not due. Resolves when the server closed.
 */
export async function speakBadly(port: number, random: () => number, seed: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close');
  const spoil = damage(seed);
  const bytes: Uint8Array[] = [];
  if (random() < 0.9) bytes.push(encodePreface());
  const encoder = new FrameEncoder();
  if (random() < 0.8) bytes.push(...encode(encoder, requests[0], 0, noPayload));
  const bodies = requests.map((request) => encodeMeta(request));
  for (let count = Math.floor(random() * 6); count >= 0; count -= 1) {
    const request = requests[Math.floor(random() * requests.length)];
    const streamId = Math.floor(random() * 4);
    const payload = random() < 0.3 ? spoil(new Uint8Array(200), bodies) : noPayload;
    if (request === undefined) continue;
    if (random() < 0.5) {
      const type = random() < 0.9 ? messageType(request) : pickType(random);
      const meta = spoil(encodeMeta(request), bodies);
      bytes.push(...encoder.encode({ type, streamId, more: random() < 0.1, meta, payload }));
    } else {
      const frames = encode(encoder, request, streamId, payload);
      bytes.push(random() < 0.3 ? spoil(Buffer.concat(frames), bodies) : Buffer.concat(frames));
    }
  }
  for (const piece of bytes) socket.write(piece);
  socket.end();
  await closed;
}

const noPayload = new Uint8Array(0);

function encode(
  encoder: FrameEncoder,
  message: Message | undefined,
  streamId: number,
  payload: Uint8Array,
): readonly Uint8Array[] {
  if (message === undefined) return [];
  const type = messageType(message);
  return encoder.encode({ type, streamId, meta: encodeMeta(message), payload });
}

function pickType(random: () => number): number {
  const types = Object.values(frameTypes);
  return types[Math.floor(random() * types.length)] ?? 0;
}
