// Reads a result again and again, as scan.ts asks for it: run in a process of its own.
// Usage: scan-reader.ts LOCATION SQL RUNS READERS; more than one reader share a plan's splits.
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { openRemoteEngine, type RemoteEngine } from '../src/engine/remote/index.js';
import type { ArrowScan } from '../src/protocol/index.js';

let touched = 0;
const [location = '', sql = '', runs = '1', readers = '1'] = process.argv.slice(2);

if (location.includes('://')) {
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
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  const rows = counts.reduce((sum, count) => sum + count.rows, 0);
  const bytes = counts.reduce((sum, count) => sum + count.bytes, 0);
  console.log(JSON.stringify({ seconds, cpuSeconds, rows, bytes, touched }));
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
