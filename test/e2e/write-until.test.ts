// Goal: `write --until` with a moment that has passed ends on a running server, too.
import path from 'node:path';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { runCli, runCliWell, temporaryFolder } from './cli.js';

const kinds: readonly ServerKind[] = kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7');

for (const kind of kinds) {
  testWith(kind)(`${kind}: a run up to a moment that has passed ends`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`SET timestamp = 1700000000; CREATE DATABASE u;
      CREATE TABLE u.t (id INT PRIMARY KEY); INSERT INTO u.t VALUES (1)`);
    const engine = path.join(temporaryFolder(t), 'engine');
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    const write = ['write', '--no-load', '--engine', engine, '--binlog', url];
    const read = ['sql', 'SELECT count() AS c FROM u.t', '--json', '--engine', engine];
    for (const moment of ['2024-01-01', '2024-01-01T00:00Z']) {
      await runCliWell([...write, '--until', moment]);
      t.regex((await runCli(read)).stdout.toString(), /"c":\s*"?1\b/, moment);
      // It is after that moment.
      await server.query('SET timestamp = DEFAULT; REPLACE INTO u.t VALUES (2)');
    }
  });
}
