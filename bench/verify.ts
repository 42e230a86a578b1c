// Goal: what it costs to compare all values of a copy with its source, beside only reading the source, and beside
// checksums of the source alone. Method: 20 tables of all types and keys in MySQL 9.7, and then in MariaDB, and a copy of
// them; in turn, each in a process of its own and on the same machine as the server: `theflash verify`; the server's own
// client, which reads all rows and whose text nobody keeps; and pt-table-checksum, where it is installed (apt-get install
// percona-toolkit) and can speak to the server: it reads the source only, and its replicas would do the same again.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  mysqlClient97,
  repositoryFolder,
  skipReason,
  startServerOfKind,
  type Server,
} from '../test/servers/index.js';
import { busyTableCount, busyTables, fillBusyTables } from '../test/soak/busy-tables.js';
import { figuresInTurn } from './in-turn.js';
import { measure, type Measured } from './measure.js';
import { report, type Figures } from './report.js';

const rowsPerTable = Math.ceil(Number(process.argv[2] ?? 1_000_000) / busyTableCount);
const runs = Number(process.argv[3] ?? 3);
const rows = busyTableCount * rowsPerTable;
const cli = [process.execPath, path.join(repositoryFolder, 'bin', 'run.js')];
const checksums = '/usr/bin/pt-table-checksum';
const folder = mkdtempSync(path.join(tmpdir(), 'theflash-bench-'));
try {
  const figures = [...(await run('mysql-9.7')), ...(await run('mariadb'))];
  report('verify', `${rows} rows in ${busyTableCount} tables of all types and keys`, figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(kind: 'mysql-9.7' | 'mariadb'): Promise<Figures[]> {
  const reason = skipReason(kind);
  if (reason !== undefined) throw new Error(reason);
  const redo = kind === 'mariadb' ? '--innodb-log-file-size=512M' : '--innodb-redo-log-capacity=1G';
  const server = await startServerOfKind(kind, { args: ['--innodb-buffer-pool-size=2G', redo] });
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  const engine = path.join(folder, kind);
  try {
    await fillBusyTables(server, rowsPerTable);
    // What pt-table-checksum writes is of a database of its own, by statements that no copy could take.
    const copied = ['--include', 'd.*', '--until', 'now'];
    await measure([...cli, 'write', '--engine', engine, '--binlog', url, ...copied]);
    const measured: Record<string, Measured[]> = {};
    for (let index = 0; index < runs; index += 1) {
      for (const [who, command] of Object.entries(commandsFor(server, engine, url))) {
        (measured[who] ??= []).push(await measure(command, false));
      }
    }
    return figuresInTurn(kind, measured, rows);
  } finally {
    await server.stop();
  }
}

function commandsFor(
  { kind, port, socket }: Server,
  engine: string,
  url: string,
): Record<string, readonly string[]> {
  const client = kind === 'mariadb' ? ['mariadb'] : (mysqlClient97() ?? []);
  const reads = busyTables().map(({ name }) => `SELECT * FROM d.${name}`);
  const access = ['--no-defaults', '-uroot', `-S${socket}`];
  const commands: Record<string, readonly string[]> = {
    'theflash verify': [...cli, 'verify', '--quiet', '--engine', engine, '--source', url],
    'SELECT * by its client': [...client, ...access, '--quick', '--batch', '-e', reads.join('; ')],
  };
  // Of MySQL it asks what 9.7 does not know any more.
  if (kind !== 'mariadb' || !existsSync(checksums)) return commands;
  const quiet = [
    '--no-version-check',
    '--no-check-binlog-format',
    '--no-check-replication-filters',
  ];
  const alone = ['--recursion-method=none', '--databases=d', '--chunk-size-limit=0', '--quiet'];
  const address = `h=127.0.0.1,P=${port},u=root`;
  return { ...commands, 'pt-table-checksum': [checksums, ...quiet, ...alone, address] };
}
