// Goal: what each way out of `theflash serve` costs: our TCP protocol, ClickHouse's HTTP interface (FORMAT ArrowStream), and
// a trial of Arrow Flight by @grpc/grpc-js; beside libchdb alone, which reads and hands to nobody.
// Method: 5 M rows of ten columns; each way reads the whole table several times, in turn, the first time unmeasured. Readers
// are Node for each, and pyarrow for Flight too, whose reader is C++. Server and reader share the machine's cores.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installPython } from '../test/python-packages.js';
import { repositoryFolder } from '../test/servers/index.js';
import { measure, median } from './measure.js';
import { rates, report, round, type Figures } from './report.js';
import { makeOrders, serveFlight, serveFolder, type Served } from './served-orders.js';

const rows = Number(process.argv[2] ?? 5_000_000);
const rounds = 3;
const runsEach = 3;
const sql = 'SELECT * FROM bench.orders';

/** One reading: the processor time is that of reader and server together. */
interface Run {
  seconds: number;
  cpuSeconds: number;
  bytes: number;
}
/** A way to read: reads `times` times in a process of its own, and prints what each took. */
interface Way {
  command: readonly string[];
  server?: Served;
}

const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
const servers: Served[] = [];
try {
  await makeOrders(path.join(folder, 'served'), rows);
  for (const name of ['flight', 'libchdb']) {
    cpSync(path.join(folder, 'served'), path.join(folder, name), { recursive: true });
  }
  await compare(await waysToRead());
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function waysToRead(): Promise<Record<string, Way>> {
  const served = await serveFolder(path.join(folder, 'served'));
  const flight = await serveFlight(path.join(folder, 'flight'), sql);
  servers.push(served, flight);
  const reader = (location: string): readonly string[] => {
    const script = path.join(import.meta.dirname, 'scan-reader.ts');
    return [process.execPath, '--import=tsx', script, location, sql, String(runsEach + 1)];
  };
  const pyarrow = await installPython('bench-flight', ['pyarrow==21.0.0']);
  const client = path.join(import.meta.dirname, 'flight_reader.py');
  return {
    libchdb: { command: libchdbCommand() },
    tcp: { command: reader(`tcp://${served.endpoint}`), server: served },
    'http, ArrowStream': { command: reader(served.httpUrl), server: served },
    'flight, read by Node': { command: reader(`grpc://${flight.endpoint}`), server: flight },
    ...('python' in pyarrow && {
      'flight, read by pyarrow': {
        command: [pyarrow.python, client, `grpc://${flight.endpoint}`, String(runsEach + 1)],
        server: flight,
      },
    }),
  };
}

function libchdbCommand(): readonly string[] {
  const build = path.join(repositoryFolder, 'build', 'ch');
  const program = path.join(folder, 'scan_libchdb');
  const source = path.join(import.meta.dirname, 'scan-libchdb.c');
  const link = [`-L${build}`, '-l:libchdb.so', `-Wl,-rpath,${build}`];
  execFileSync('cc', ['-O2', '-o', program, source, ...link]);
  const data = path.join(folder, 'libchdb');
  const config = path.join(data, '.theflash', 'overlay', 'config.xml');
  return [program, data, config, sql, String(runsEach + 1)];
}

async function compare(ways: Readonly<Record<string, Way>>): Promise<void> {
  const seen: Record<string, Run[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, way] of Object.entries(ways)) (seen[who] ??= []).push(...(await read(way)));
  }
  const secondsOf = (who: string): number => median((seen[who] ?? []).map((run) => run.seconds));
  const figures: Figures[] = Object.entries(seen).map(([who, found]) => {
    const cpu = median(found.map((run) => run.cpuSeconds));
    const bytes = found[0]?.bytes ?? 0;
    return {
      who,
      ...rates(rows, bytes, secondsOf(who)),
      'CPU s a GB': Number.isNaN(cpu) ? '' : round((cpu / bytes) * 1e9, 2),
      'times the rate of HTTP': round(secondsOf('http, ArrowStream') / secondsOf(who), 2),
      'runs, s': found.map((run) => run.seconds.toFixed(2)).join(' '),
    };
  });
  report('doors', `${rows} rows of ten columns, the whole table`, figures);
}

async function read({ command, server }: Way): Promise<Run[]> {
  const before = server?.cpuSeconds() ?? 0;
  const { stdout } = await measure(command);
  const served = ((server?.cpuSeconds() ?? 0) - before) / (runsEach + 1);
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Partial<Run> & { rows?: number });
  if (found.some((run) => run.rows !== undefined && run.rows !== rows)) {
    throw new Error(`a reader of ${rows} rows saw ${stdout}`);
  }
  return found.slice(1).map(({ seconds = 0, cpuSeconds = Number.NaN, bytes = 0 }) => ({
    ...{ seconds, bytes },
    cpuSeconds: cpuSeconds + served,
  }));
}
