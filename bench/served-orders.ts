import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { repositoryFolder } from '../test/servers/index.js';

const createTable = `CREATE DATABASE bench; CREATE TABLE bench.orders (
  id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))
) ENGINE = MutableMergeTree ORDER BY (id)`;

const fillSql = (rows: number): string => `INSERT INTO bench.orders
  SELECT number, cityHash64(number) % 4000000, number % 90000,
  number % 300, number / 100, if(number % 10 = 0, NULL, number / 1024),
  ['new', 'paid', 'sent', 'returned'][number % 4 + 1],
  if(number % 10 = 1, NULL, concat('blue große 赤い ', toString(number % 100000))),
  fromUnixTimestamp64Milli(toInt64(1767225600000 + number * 977), 'UTC'),
  toDateTime64(1767225600 + number, 0, 'UTC') FROM numbers(${rows})`;

/** Makes an engine folder with `bench.orders`, ten columns, all rows merged into one part. */
export async function makeOrders(folder: string, rows: number): Promise<void> {
  const engine = await openEmbeddedEngine(folder, { create: true });
  await engine.execute(createTable);
  await engine.execute(fillSql(rows));
  await engine.execute('OPTIMIZE TABLE bench.orders FINAL');
  await engine.close();
}

/** A `theflash serve` in a process of its own. */
export interface Served {
  /** `host:port`. */
  endpoint: string;
  /** Where it has ClickHouse's HTTP interface; empty where it has none. */
  httpUrl: string;
  /** Resident when it began to listen. */
  restBytes: number;
  peakBytes(): number;
  /** Processor time since it began. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Serves an engine folder on free ports of 127.0.0.1, over TCP and HTTP. */
export async function serveFolder(folder: string): Promise<Served> {
  const cli = path.join(repositoryFolder, 'bin', 'run.js');
  const http = ['--http', '127.0.0.1:0', '--http-open'];
  const args = [cli, 'serve', '--engine', folder, '--listen', '127.0.0.1:0', ...http];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return await servedBy(child, await firstMatch(child.stderr, /"http":"([^"]*)"/));
}

/** Serves the rows of one query by Arrow Flight (flight-server.ts). */
export async function serveFlight(folder: string, sql: string): Promise<Served> {
  const script = path.join(import.meta.dirname, 'flight-server.ts');
  const args = ['--import=tsx', script, folder, sql];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  return await servedBy(child, '');
}

async function servedBy(child: ChildProcess, httpUrl: string): Promise<Served> {
  const endpoint = await firstMatch(child.stdout, /^Listening on (.*)$/);
  return {
    ...{ endpoint, httpUrl },
    restBytes: memoryOf(child, 'VmRSS'),
    peakBytes: () => memoryOf(child, 'VmHWM'),
    cpuSeconds: () => cpuSecondsOf(child),
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

/** What a line of a server's output has; what comes later is read and dropped, so that it never waits. */
async function firstMatch(output: Readable | null, pattern: RegExp): Promise<string> {
  if (output === null) throw new Error('the server has no such output');
  for await (const line of createInterface({ input: output })) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) {
      output.resume();
      return found;
    }
  }
  throw new Error('the server ended before it listened');
}

function memoryOf(child: ChildProcess, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
}

/** Source: proc(5), utime and stime of /proc/<pid>/stat in ticks of 10 ms. */
function cpuSecondsOf(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
