// Goal: `theflash status` says how far a copy is, and what it holds. Method: the built command beside a server, whose own
// SHOW statements say what is right; a folder, and a `serve --binlog` that is watched.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startServe } from '../server/serve-process.js';
import { startServerOfKind } from '../servers/index.js';
import { flushLogsSettled } from '../servers/settled-log.js';
import { testSerialWith } from '../servers/test-with.js';
import { cliEntry, runCli, runCliWell, temporaryFolder } from './cli.js';

/** Of more bytes than the log of a new table has. */
const manyRows = Array.from({ length: 2000 }, (_, id) => `(${id})`).join();

testSerialWith('mariadb')('status tells lag, rows, deleted rows and snapshots', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY);
    INSERT INTO s.t VALUES (1), (2), (3); DELETE FROM s.t WHERE id = 3`);
  const folder = path.join(temporaryFolder(t), 'engine');
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  await runCliWell(['write', '--engine', folder, '--binlog', url, '--no-load', '--until', 'now']);
  await runCliWell(['sql', '--engine', folder, 'CREATE SNAPSHOT monday OF s.t']);
  const [before] = await server.query('SHOW MASTER STATUS');
  await flushLogsSettled(server);
  await server.query('INSERT INTO s.t VALUES (4)');
  const [after] = await server.query('SHOW MASTER STATUS');
  const logs = await server.query('SHOW BINARY LOGS');
  const old = logs.find((log) => log['Log_name'] === before?.['File']);
  const bytes =
    Number(old?.['File_size']) - Number(before?.['Position']) + Number(after?.['Position']);

  const args = ['status', '--engine', folder, '--source', url];
  const text = (await runCliWell([...args, '--json'])).toString();
  const status: unknown = JSON.parse(text);
  t.like(status, {
    version: 1,
    tables: [{ database: 's', table: 't', rows: 2, deletedRows: 1 }],
    snapshots: [{ name: 'monday', holder: 'user', tables: ['s.t'] }],
    checkpoints: [{ source: 'binlog', checkpoint: { position: { file: before?.['File'] } } }],
    copy: { position: { file: before?.['File'], offset: Number(before?.['Position']) } },
    lag: { bytes, position: { file: after?.['File'], offset: Number(after?.['Position']) } },
    server: null,
  });
  t.notRegex(text, /\\"/, 'JSON within a text');
  const words = (await runCliWell(args)).toString();
  t.regex(words, /^Made from +MariaDB, server_id \d+$/m);
  t.regex(words, /^GTIDs +0-\d+-\d+$/m);
  t.regex(words, /^Lag +[\d.]+ k?B, \d+\.\d s$/m);
  t.regex(words, /^Disk +[\d.]+ .B of [\d.]+ .B left$/m);
  t.regex(words, /^s\.t +2 .* 1$/m);

  const watched = await runCli([...args, '--watch']);
  t.is(watched.code, 2);
  t.regex(watched.stderr, /keep it from its writer/);
  const served = await startServe(folder, { args: ['--binlog', url, '--no-load'] });
  t.teardown(() => served.stop());
  const watch = [
    'status',
    '--engine',
    served.location,
    '--source',
    url,
    '--watch',
    '--interval',
    '1',
    '--json',
  ];
  const child = spawn(process.execPath, [cliEntry, ...watch]);
  const caughtUp = /^.*"bytes":0,"seconds":0.*$(?=\n)/m;
  let seen = '';
  for await (const chunk of child.stdout) {
    seen += String(chunk);
    if (caughtUp.test(seen)) child.kill('SIGTERM');
  }
  const told: unknown = JSON.parse(caughtUp.exec(seen)?.[0] ?? '');
  t.like(told, { lag: { bytes: 0, seconds: 0 }, tables: [{ rows: 3 }] });

  // A reader that goes away ends it.
  const left = spawn(process.execPath, [cliEntry, ...watch], { stdio: ['ignore', 'pipe', 'pipe'] });
  left.stdout.once('data', () => {
    left.stdout.destroy();
  });
  const [code] = (await once(left, 'exit')) as [number | null];
  t.is(code, 0);
});

for (const kind of ['mysql-5.7', 'mysql-9.7'] as const) {
  testSerialWith(kind)(`${kind}: no lag is told of logs that were begun anew`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)');
    const folder = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    await runCliWell(['write', '--engine', folder, '--binlog', url, '--no-load', '--until', 'now']);
    const isOld = kind === 'mysql-5.7';
    await server.query(isOld ? 'RESET MASTER' : 'RESET BINARY LOGS AND GTIDS');
    // Without GTIDs, logs that are shorter than they were are others for certain.
    if (!isOld) await server.query(`INSERT INTO s.t VALUES ${manyRows}`);
    const told = await runCli(['status', '--engine', folder, '--source', url]);
    t.is(told.code, 1, told.stdout.toString());
    t.regex(told.stderr, /has begun its logs anew/);
  });
}
