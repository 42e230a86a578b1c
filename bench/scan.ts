// Goal: what a scan costs over TCP beside the same scan in the reader's own process, and beside
// libchdb's own ArrowStream of the same table: with our settings, and with ClickHouse's.
// Method: 5 M rows of ten columns in a mutable table; three copies of the folder, so that the
// server, the embedded engine and libchdb each have one open. In turn each reads the whole table
// several times in a process of its own, the first time unmeasured. All on loopback and on the
// cores of one machine: server and reader share them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFolder } from '../test/servers/index.js';
import { measure, median } from './measure.js';
import { rates, report, round, type Figures } from './report.js';
import { makeOrders, serveFolder, type Served } from './served-orders.js';

const rows = 5_000_000;
const rounds = 3;
const runsEach = 3;
const windowBytes = 16 * 2 ** 20;
const sql = 'SELECT * FROM bench.orders';
/** What ch-patches/base sets for scans, as ClickHouse has it by itself. */
const defaults = `${sql} SETTINGS output_format_arrow_use_native_writer = 0, preferred_block_size_bytes = 1000000`;

interface Run {
  seconds: number;
  /** Of the reader, and of the server where there is one. */
  cpuSeconds?: number;
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
  await makeOrders(copy('embedded'), rows);
  for (const name of ['served', 'libchdb']) {
    cpSync(copy('embedded'), copy(name), { recursive: true });
  }
  const build = path.join(repositoryFolder, 'build', 'ch');
  const source = path.join(import.meta.dirname, 'scan-libchdb.c');
  const link = [`-L${build}`, '-l:libchdb.so', `-Wl,-rpath,${build}`];
  execFileSync('cc', ['-O2', '-o', copy('scan_libchdb'), source, ...link]);
}

async function compare(): Promise<void> {
  const server = await serveFolder(copy('served'));
  const seen: Record<string, Run[]> = {
    ...{ embedded: [], tcp: [], 'tcp, 4 readers': [] },
    ...{ libchdb: [], 'libchdb, default settings': [] },
  };
  const add = (who: string, found: Run[]): void => {
    seen[who]?.push(...found);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      add('libchdb', await readLibchdb(sql));
      add('libchdb, default settings', await readLibchdb(defaults));
      add('embedded', await read(copy('embedded'), 1));
      add('tcp', await readServed(server, 1));
      add('tcp, 4 readers', await readServed(server, 4));
    }
    const peakMib = Math.round(server.peakBytes() / 2 ** 20);
    const restMib = Math.round(server.restBytes / 2 ** 20);
    report('scan', `${rows} rows of ten columns, the whole table`, [
      ...Object.entries(seen).map(([who, found]) => figures(who, found)),
      { who: 'tcp, times the embedded rate', ratio: ratio(seen, 'tcp', 'embedded') },
      { who: 'tcp, times libchdb', ratio: ratio(seen, 'tcp', 'libchdb') },
      {
        who: 'tcp, times libchdb by default',
        ratio: ratio(seen, 'tcp', 'libchdb, default settings'),
      },
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
  const cpu = found.flatMap((run) => run.cpuSeconds ?? []);
  return {
    who,
    ...rates(rows, found[0]?.bytes ?? 0, seconds),
    ...(cpu.length === 0 ? {} : { 'CPU s': round(median(cpu), 2) }),
    'runs, s': spread,
  };
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

async function readServed(server: Served, readers: number): Promise<Run[]> {
  const before = server.cpuSeconds();
  const found = await read(`tcp://${server.endpoint}`, readers);
  const served = (server.cpuSeconds() - before) / (runsEach + 1);
  return found.map((run) => ({ ...run, cpuSeconds: (run.cpuSeconds ?? 0) + served }));
}

async function readLibchdb(query: string): Promise<Run[]> {
  const config = path.join(copy('libchdb'), '.theflash', 'overlay', 'config.xml');
  return await measured([
    copy('scan_libchdb'),
    copy('libchdb'),
    config,
    query,
    String(runsEach + 1),
  ]);
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
