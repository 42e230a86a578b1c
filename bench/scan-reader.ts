// Reads a result again and again, as scan.ts asks for it: run in a process of its own.
// Usage: scan-reader.ts LOCATION SQL RUNS READERS; more than one reader share a plan's splits. LOCATION is a folder, or the
// tcp:// of `serve`, the http:// of its HTTP interface, or grpc:// of flight-server.ts.
import { request } from 'node:http';
import { Client, credentials } from '@grpc/grpc-js';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { openRemoteEngine, type RemoteEngine } from '../src/engine/remote/index.js';
import type { ArrowScan } from '../src/protocol/index.js';

let touched = 0;
const [location = '', sql = '', runs = '1', readers = '1'] = process.argv.slice(2);

if (location.startsWith('http:') || location.startsWith('grpc:')) {
  const ways = { 'http:': readHttp, 'grpc:': readFlight };
  const read = ways[location.startsWith('http:') ? 'http:' : 'grpc:'];
  for (let run = 0; run < Number(runs); run += 1) {
    const startMs = performance.now();
    const before = process.cpuUsage();
    const bytes = await read();
    report(startMs, before, { bytes });
  }
} else if (location.includes('://')) {
  const engine = await openRemoteEngine(location);
  for (let run = 0; run < Number(runs); run += 1) {
    await timeRead(() =>
      Number(readers) === 1 ? Promise.resolve([engine.query(sql)]) : planScans(engine),
    );
  }
  await engine.close();
} else {
  const engine = await openEmbeddedEngine(location);
  for (let run = 0; run < Number(runs); run += 1) {
    await timeRead(() => Promise.resolve([engine.query(sql)]));
  }
  await engine.close();
}

async function planScans(engine: RemoteEngine): Promise<Promise<ArrowScan>[]> {
  const count = Number(readers);
  const plan = await engine.plan({
    ...{ database: 'bench', table: 'orders' },
    ...{ splitsMin: count, splitsMax: count, splitBytes: 1 << 30 },
  });
  return plan.splits.map((split) => engine.scan(split.ticket));
}

async function timeRead(open: () => Promise<Promise<ArrowScan>[]>): Promise<void> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const counts = await Promise.all((await open()).map((scan) => readAll(scan)));
  const rows = counts.reduce((sum, count) => sum + count.rows, 0);
  const bytes = counts.reduce((sum, count) => sum + count.bytes, 0);
  report(startMs, before, { rows, bytes });
}

function report(
  startMs: number,
  before: NodeJS.CpuUsage,
  counts: { rows?: number; bytes: number },
): void {
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, ...counts, touched }));
}

async function readHttp(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(location, { method: 'POST' }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        touchPages(piece);
      });
      response.on('error', reject).on('end', () => {
        resolve(bytes);
      });
    });
    sent.on('error', reject).end(`${sql} FORMAT ArrowStream`);
  });
}

async function readFlight(): Promise<number> {
  const client = new Client(location.slice('grpc://'.length), credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const path = '/arrow.flight.protocol.FlightService/DoGet';
  let bytes = 0;
  const stream = client.makeServerStreamRequest(path, asIs, asIs, Buffer.alloc(0));
  for await (const message of stream as AsyncIterable<Buffer>) {
    bytes += message.length;
    touchPages(message);
  }
  client.close();
  return bytes;
}

async function readAll(opening: Promise<ArrowScan>): Promise<{ rows: number; bytes: number }> {
  let rows = 0;
  let bytes = 0;
  for await (const message of await opening) {
    rows += message.rows;
    bytes += message.bytes.length;
    touchPages(message.bytes);
  }
  return { rows, bytes };
}

/** As any reader would; a byte of each page, because summing them all would time JavaScript. */
function touchPages(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 4096) touched ^= bytes[at] ?? 0;
}
