// Sends a PING every few ms, whatever comes back, and tells how long each PONG took, without the time
// in which the server (its main thread) or this process was ready to run and other programs of the
// machine had the processors. Run by ping-probe.ts.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import {
  authProof,
  encodePreface,
  MessageReader,
  MessageWriter,
  type HelloOkMessage,
} from '../../src/protocol/wire/index.js';

const everyMs = 10;
const [port, pid] = [Number(process.argv[2]), Number(process.argv[3])];
const token = process.argv[4] ?? '';
// An address of its own: that of the attackers may be full.
const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' });
const reader = new MessageReader(1 << 16, 1 << 16);
const writer = new MessageWriter();
const sent: Moment[] = [];
const times: number[] = [];

socket.write(encodePreface());
const hello = { type: 'HELLO', client: 'ping', frameBytesMax: 1 << 16, checksum: true } as const;
for (const piece of writer.encode(hello, 0)) socket.write(piece);
socket.on('data', (chunk: Buffer) => {
  reader.push(chunk);
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (next.message.type === 'HELLO_OK') logIn(next.message);
    if (next.message.type === 'AUTH_OK') begin();
    const start = next.message.type === 'PONG' ? sent.shift() : undefined;
    if (start !== undefined) times.push(since(start));
  }
});

interface Moment {
  atMs: number;
  /** Time that was lost to other programs so far. */
  lostMs: number;
}

function now(): Moment {
  return { atMs: performance.now(), lostMs: lostMs(pid) + lostMs(process.pid) };
}

function since(start: Moment): number {
  const { atMs, lostMs: lost } = now();
  return Math.max(0, atMs - start.atMs - (lost - start.lostMs));
}

/** The second figure of schedstat: ns that a thread waited for a processor. */
function lostMs(thread: number): number {
  const [, waitedNs] = readFileSync(`/proc/${thread}/task/${thread}/schedstat`, 'utf8').split(' ');
  return Number(waitedNs) / 1e6;
}

function logIn({ auth, serverId, nonce: serverNonce }: HelloOkMessage): void {
  if (auth === 'none') {
    begin();
    return;
  }
  const nonce = 'ab'.repeat(32);
  const proof = authProof('client', token, { serverId, serverNonce, clientNonce: nonce });
  for (const piece of writer.encode({ type: 'AUTH', nonce, proof }, 0)) socket.write(piece);
}

function begin(): void {
  process.send?.('ready');
  const timer = setInterval(() => {
    sent.push(now());
    for (const piece of writer.encode({ type: 'PING' }, 0)) socket.write(piece);
  }, everyMs);
  process.once('message', () => {
    clearInterval(timer);
    // What was not answered yet has taken so long already.
    process.send?.([...times, ...sent.map((start) => since(start))]);
    socket.destroy();
    process.disconnect();
  });
}
