import { startMariadb, startMysql57 } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { runWorkload } from './index.js';

// The end-to-end tests compare what these statements lead to; here: that they do what they claim.
const servers = [
  ['mysql-5.7', startMysql57],
  ['mariadb', startMariadb],
] as const;

for (const [kind, start] of servers) {
  testWith(kind)(
    `${kind}: the workload does every kind of change, the same for a seed`,
    async (t) => {
      const server = await start();
      t.teardown(server.stop);
      const options = { seed: 7, rowChanges: 10_000 };
      const first = await runWorkload(server, { ...options, database: 'a' });
      const second = await runWorkload(server, { ...options, database: 'b' });

      t.log(JSON.stringify({ ...first, tables: first.tables.length }));
      t.deepEqual(first, second);
      t.true(first.tables.length >= 20);
      t.true(first.rowChanges >= options.rowChanges);
      t.true(first.rollbacks > 0 && first.savepoints > 0 && first.failedStatements > 0);
      t.true(first.truncates > 0);
      const rows = await server.query('SELECT COUNT(*) AS rows_count FROM a.no_key');
      t.true(Number(rows[0]?.['rows_count']) > 0);
    },
  );
}
