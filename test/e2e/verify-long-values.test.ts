// Goal: `theflash verify` tells long values that differ, as text and as JSON, in bounded length. Method: the built command;
// a LONGBLOB of 5 MB and a LONGTEXT of 20 MB that differ at their ends.
import path from 'node:path';
import type { ServerKind } from '../servers/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { runCli, runCliWell, temporaryFolder } from './cli.js';

const kinds: readonly ServerKind[] = kindsOf('mariadb', 'mysql-9.7');

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: long values that differ are told in part`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind, { args: ['--max-allowed-packet=64M'] });
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE j; CREATE TABLE j.t (id INT PRIMARY KEY, s VARCHAR(20), b LONGBLOB, x LONGTEXT);
      INSERT INTO j.t VALUES (1, 'short', REPEAT('A', 5000000), 'x'), (2, '"\\n', 'b', REPEAT('a😀', 4000000))`);
    const folder = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    await runCliWell(['write', '--engine', folder, '--binlog', url, '--until', 'now']);
    await runCliWell([
      ...['sql', '--engine', folder],
      "UPDATE j.t SET b = concat(b, 'B') WHERE id = 1; UPDATE j.t SET x = concat(x, 'b') WHERE id = 2",
    ]);
    const verify = ['verify', '--source', url, '--engine', folder];
    const json = await runCli([...verify, '--json']);
    t.is(json.code, 1, json.stderr);
    t.true(json.stdout.length < 100_000);
    const short = { s: 'short', x: 'x' };
    const blob = `0x${'41'.repeat(4_095)}`;
    // The next character has two code units, and there is place for one.
    const text = `${'a😀'.repeat(2_730)}a`;
    const other = { id: '2', s: '"\n', b: '0x62' };
    const found: unknown = JSON.parse(json.stdout.toString());
    t.like(found, {
      equal: false,
      tables: [
        {
          ...{ table: 'j.t', different: 2 },
          differences: [
            {
              ...{ kind: 'different', key: { id: '1' }, columns: ['b'], cut: ['b'] },
              ...{ source: { id: '1', ...short, b: blob }, copy: { id: '1', ...short, b: blob } },
            },
            {
              ...{ kind: 'different', key: { id: '2' }, columns: ['x'], cut: ['x'] },
              ...{ source: { ...other, x: text }, copy: { ...other, x: text } },
            },
          ],
        },
      ],
    });
    const shown = await runCli(verify);
    t.is(shown.code, 1, shown.stderr);
    t.regex(shown.stdout.toString(), /id=1: b\n {4}source b=".*…"\n/);
    t.true(shown.stdout.length < 5_000);
  });
}
