// Goal: the commands that `theflash verify` closes with make source and copy equal. Method: the built command; tables
// that differ in rows, definitions and by being on one side alone; the printed commands are run as they stand.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServerKind } from '../servers/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { cliEntry, runCli, runCliWell, temporaryFolder } from './cli.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mariadb');
const run = promisify(execFile);

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: the closing commands mend what differs`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const names = ['rows', 'columns', 'keyed', 'lost', 'plain', 'gone', 'it’s'];
    await server.query(
      `CREATE DATABASE d; USE d;
      ${names.map((name) => `CREATE TABLE \`${name}\` (id INT PRIMARY KEY, a INT NOT NULL); INSERT INTO \`${name}\` VALUES (1, 1), (2, 2)`).join(';')};
      CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent VALUES (1);
      CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
      INSERT INTO child VALUES (1, 1)`,
    );
    const folder = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    const copy = ['--engine', folder, '--binlog', url, '--rename', 'd.lost=x.lost'];
    await runCliWell(['write', ...copy, '--until', 'now']);
    await server.query(`SET sql_log_bin = 0; USE d; ALTER TABLE columns ADD z INT; DROP TABLE gone;
      ALTER TABLE keyed DROP PRIMARY KEY, ADD PRIMARY KEY (id, a); CREATE TABLE unlogged (id INT PRIMARY KEY);
      INSERT INTO unlogged VALUES (1)`);
    const table = 'ENGINE = MutableMergeTree ORDER BY id';
    await runCliWell([
      ...['sql', '--engine', folder],
      `UPDATE d.rows SET a = 5 WHERE id = 1; UPDATE d.\`it’s\` SET a = 5 WHERE id = 1; DROP TABLE x.lost;
       DELETE FROM d.child WHERE id = 1; CREATE TABLE d.\`made here\` (id Int32) ${table};
       RENAME TABLE d.plain TO d.\`older'one\`;
       CREATE TABLE d.plain (id Int32, a Int32) ENGINE = MergeTree ORDER BY id; INSERT INTO d.plain VALUES (1, 1), (1, 1)`,
    ]);
    const verify = ['verify', '--source', url, '--engine', folder];
    const before = await runCli(verify);
    t.is(before.code, 1);
    const commands = [
      ...before.stdout.toString().matchAll(/^To [^\n]*?: (theflash [^\n]*)$/gm),
    ].map(([, command = '']) => command);
    t.is(commands.length, 3, before.stdout.toString());
    for (const command of commands) {
      const line = command.replace(/^theflash/, `"${process.execPath}" "${cliEntry}"`);
      await t.notThrowsAsync(run('sh', ['-c', line]), command);
    }
    const after = await runCli(verify);
    t.is(after.code, 0, after.stdout.toString() + after.stderr);
    // And the copy goes on, with a table of the name that was dropped, too.
    await server.query(`SET sql_log_bin = 1; USE d; CREATE TABLE gone (id INT PRIMARY KEY, b TEXT); INSERT INTO gone VALUES (7, 'x');
      INSERT INTO columns VALUES (3, 3, 3); INSERT INTO lost VALUES (3, 3); INSERT INTO unlogged VALUES (2); DELETE FROM parent`);
    await runCliWell(['write', ...copy, '--until', 'now']);
    const later = await runCli(verify);
    t.is(later.code, 0, later.stdout.toString() + later.stderr);
  });
}
