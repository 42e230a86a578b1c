// Goal: what a scan costs over TCP beside the same scan in the reader's own process, and beside
// libchdb's own ArrowStream of the same table.
// Method: 5 M rows of ten columns in a mutable table; three copies of the folder, so that the
// server, the embedded engine and libchdb each have one open. In turn each reads the whole table
// several times in a process of its own, the first time unmeasured. All on loopback and on the
// cores of one machine: server and reader share them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import { repositoryFolder } from '../test/servers/index.js';
import { measure, median } from './measure.js';
import { rates, report, round, type Figures } from './report.js';

const rows = 5_000_000;
const rounds = 3;
const runsEach = 3;
const windowBytes = 16 * 2 ** 20;
const sql = 'SELECT * FROM bench.orders';
const createTable = `CREATE DATABASE bench; CREATE TABLE bench.orders (
  id Int64, customer UInt32, product Int32, quantity Int16, price Decimal(12, 2),
  weight Nullable(Float64), state LowCardinality(String), note Nullable(String),
  made Nullable(DateTime64(3, 'UTC')), seen Nullable(DateTime64(0, 'UTC'))
) ENGINE = MutableMergeTree ORDER BY (id)`;
const fill = `INSERT INTO bench.orders SELECT number, cityHash64(number) % 4000000, number % 90000,
  number % 300, number / 100, if(number % 10 = 0, NULL, number / 1024),
  ['new', 'paid', 'sent', 'returned'][number % 4 + 1],
  if(number % 10 = 1, NULL, concat('blue große 赤い ', toString(number % 100000))),
  fromUnixTimestamp64Milli(toInt64(1767225600000 + number * 977), 'UTC'),
  toDateTime64(1767225600 + number, 0, 'UTC') FROM numbers(${rows})`;

interface Run {
  seconds: number;
  bytes: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const copy = (name: string): string => path.join(folder, name);
try {
  await prepare();
  await compare();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function prepare(): Promise<void> {
  const engine = await openEmbeddedEngine(copy('embedded'), { create: true });
  await engine.execute(createTable);
  await engine.execute(fill);
  await engine.execute('OPTIMIZE TABLE bench.orders FINAL');
  await engine.close();
  for (const name of ['served', 'libchdb']) {
    cpSync(copy('embedded'), copy(name), { recursive: true });
  }
  const build = path.join(repositoryFolder, 'build', 'ch');
  const source = path.join(import.meta.dirname, 'scan-libchdb.c');
  const link = [`-L${build}`, '-l:libchdb.so', `-Wl,-rpath,${build}`];
  execFileSync('cc', ['-O2', '-o', copy('scan_libchdb'), source, ...link]);
}

async function compare(): Promise<void> {
  const server = await serve(copy('served'));
  const seen: Record<string, Run[]> = { embedded: [], tcp: [], 'tcp, 4 readers': [], libchdb: [] };
  const add = (who: string, found: Run[]): void => {
    seen[who]?.push(...found);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      add('libchdb', await readLibchdb());
      add('embedded', await read(copy('embedded'), 1));
      add('tcp', await read(server.location, 1));
      add('tcp, 4 readers', await read(server.location, 4));
    }
    const peakMib = Math.round(server.peakBytes() / 2 ** 20);
    const restMib = Math.round(server.restBytes / 2 ** 20);
    report('scan', `${rows} rows of ten columns, the whole table`, [
      ...Object.entries(seen).map(([who, found]) => figures(who, found)),
      { who: 'tcp, times the embedded rate', ratio: ratio(seen, 'tcp', 'embedded') },
      { who: 'tcp, times libchdb', ratio: ratio(seen, 'tcp', 'libchdb') },
      { who: 'embedded, times libchdb', ratio: ratio(seen, 'embedded', 'libchdb') },
      { who: 'server, before the first scan', 'peak MiB': restMib },
      { who: 'server, after all', 'peak MiB': peakMib },
      { who: 'credit × 4 readers', 'peak MiB': (4 * windowBytes) / 2 ** 20 },
    ]);
  } finally {
    await server.stop();
  }
}

function figures(who: string, found: readonly Run[]): Figures {
  const seconds = median(found.map((run) => run.seconds));
  const spread = found.map((run) => run.seconds.toFixed(2)).join(' ');
  return { who, ...rates(rows, found[0]?.bytes ?? 0, seconds), 'runs, s': spread };
}

/** How many times as fast `who` is as `peer`. */
function ratio(seen: Record<string, readonly Run[]>, who: string, peer: string): number {
  const of = (name: string): number => median((seen[name] ?? []).map((run) => run.seconds));
  return round(of(peer) / of(who), 2);
}

async function read(location: string, readers: number): Promise<Run[]> {
  const script = path.join(import.meta.dirname, 'scan-reader.ts');
  const command = [process.execPath, '--import=tsx', script];
  return await measured([...command, location, sql, String(runsEach + 1), String(readers)]);
}

async function readLibchdb(): Promise<Run[]> {
  const config = path.join(copy('libchdb'), '.theflash', 'overlay', 'config.xml');
  return await measured([copy('scan_libchdb'), copy('libchdb'), config, sql, String(runsEach + 1)]);
}

async function measured(command: readonly string[]): Promise<Run[]> {
  const { stdout } = await measure(command);
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Run & { rows?: number });
  if (found.some((run) => run.rows !== undefined && run.rows !== rows)) {
    throw new Error(`a reader of ${rows} rows saw ${stdout}`);
  }
  return found.slice(1);
}

interface Served {
  location: string;
  /** Resident when it began to listen. */
  restBytes: number;
  peakBytes(): number;
  stop(): Promise<void>;
}

async function serve(engine: string): Promise<Served> {
  const cli = path.join(repositoryFolder, 'bin', 'run.js');
  const args = [cli, 'serve', '--engine', engine, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await listeningPort(child);
  return {
    location: `tcp://127.0.0.1:${port}`,
    restBytes: memoryOf(child, 'VmRSS'),
    peakBytes: () => memoryOf(child, 'VmHWM'),
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

async function listeningPort(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^Listening on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('the server ended before it listened');
}

function memoryOf(child: ChildProcess, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
}
