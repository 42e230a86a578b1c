// Goal: `theflash verify` beside a server that changes a thousand rows a second tells no difference where there is none,
// and gets to an end, ten times in a row. Method: the built command beside a `serve --binlog`; 20 tables of all types,
// keys and none. In the end the work stops, and the server's own SELECT says whether the copy is right.
// VERIFY_ROWS, VERIFY_RUNS and VERIFY_CHANGES (a second) set the sizes.
import path from 'node:path';
import { runCli, runCliWell, temporaryFolder } from '../e2e/cli.js';
import { differences } from '../e2e/replay-case.js';
import { startServe } from '../server/serve-process.js';
import { startServerOfKind, type Server, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed } from '../workload/index.js';
import { busyTableCount, fillBusyTables } from './busy-tables.js';
import { startBusyWork } from './busy-work.js';

const rows = Number(process.env['VERIFY_ROWS'] ?? 5_000_000);
const runs = Number(process.env['VERIFY_RUNS'] ?? 10);
const changesPerSecond = Number(process.env['VERIFY_CHANGES'] ?? 1_000);
const rowsPerTable = Math.ceil(rows / busyTableCount);
const kinds: readonly ServerKind[] = ['mysql-9.7', 'mysql-5.7', 'mariadb'];
const timeoutMs = 3 * 3_600_000;

interface Verified {
  equal: boolean;
  rows: number;
  seconds: number;
  rowsLookedUp: number;
  partsReadAgain: number;
  tables: readonly { table: string; unsettled: number; differences: readonly unknown[] }[];
}

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: no false difference while the rows change`, async (t) => {
    t.timeout(timeoutMs);
    const seed = chooseSeed();
    t.log(`SEED=${seed}, ${rows} rows in ${busyTableCount} tables, ${changesPerSecond} changes/s`);
    const server = await startServer(kind);
    t.teardown(server.stop);
    await fillBusyTables(server, rowsPerTable);
    const folder = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    await runCliWell(['write', '--engine', folder, '--binlog', url, '--until', 'now']);
    const served = await startServe(folder, { args: ['--binlog', url] });
    t.teardown(() => served.stop());
    const verify = async (): Promise<Verified> => {
      const args = ['verify', '--json', '--source', url, '--engine', served.location];
      const { code, stdout, stderr } = await runCli(args);
      t.is(code, 0, `SEED=${seed} ${stderr}${stdout.toString().slice(0, 4_000)}`);
      return JSON.parse(stdout.toString()) as Verified;
    };

    const work = startBusyWork(server, { seed, rowsPerTable, changesPerSecond });
    t.teardown(work.stop);
    let lookedUp = 0;
    for (let run = 1; run <= runs; run += 1) {
      const [changes, transactions] = [work.changes(), work.transactions()];
      const result = await verify();
      t.true(result.equal);
      t.is(result.tables.length, busyTableCount);
      const perSecond = (count: number): string => (count / result.seconds).toFixed(0);
      t.log(
        `run ${run}: ${result.rows} rows in ${result.seconds.toFixed(1)} s, ${perSecond(result.rows)} rows/s, beside ` +
          `${perSecond(work.changes() - changes)} changes/s in ${perSecond(work.transactions() - transactions)} ` +
          `transactions/s; ${result.rowsLookedUp} rows looked up, ${result.partsReadAgain} parts read again`,
      );
      // Else it would not have been tried.
      t.true(work.changes() - changes > (changesPerSecond * result.seconds) / 2, 'the rows change');
      lookedUp += result.rowsLookedUp;
    }
    t.true(lookedUp > 0, 'rows change between the two readings');
    await work.stop();
    // It waits until the copy is where the source is.
    t.true((await verify()).equal);
    await served.stop();
    t.deepEqual(await differences(server, 'd', folder), [], `SEED=${seed}`);
  });
}

function startServer(kind: ServerKind): Promise<Server> {
  const redo =
    kind === 'mysql-9.7'
      ? ['--innodb-redo-log-capacity=1G', '--gtid-mode=ON', '--enforce-gtid-consistency=ON']
      : ['--innodb-log-file-size=512M'];
  return startServerOfKind(kind, { args: ['--innodb-buffer-pool-size=1G', ...redo] });
}
