// A batch that the engine refuses ends the run, whatever DDL of the writer comes after it in the log.
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { runIn } from './foreign-keys/recorded-keys.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

testSerialWith('mariadb')('DDL after a refused batch does not wait for it for ever', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  const engine = await openScratchEngine(t);
  const first = await record(server, () =>
    runIn(
      server,
      `CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT,
         FOREIGN KEY (pid) REFERENCES p (id) ON UPDATE CASCADE); CREATE TABLE nk (a INT);
       INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1); INSERT INTO nk VALUES (1), (2)`,
    ),
  );
  await replayFiles(engine, first);
  await engine.execute('DELETE FROM d.nk WHERE a = 2');
  await record(server, async () => {
    await server.query('DELETE FROM d.nk WHERE a = 2');
    await server.query('UPDATE d.p SET id = 10 WHERE id = 1');
    await server.query('CREATE TABLE d.td (id INT PRIMARY KEY)');
    await server.query('INSERT INTO d.td VALUES (1)');
  });
  const files = server.binlogFiles().filter((file) => file >= (first[0] ?? ''));
  for (const limits of [{}, { ageMaxMs: 0 }]) {
    const again = replayFiles(engine, files, { limits });
    await t.throwsAsync(again, { code: 'BROKEN_DATA' });
    // Nobody holds the engine up.
    await engine.execute(
      'CREATE TABLE d.own (a Int8) ENGINE = MergeTree ORDER BY a; DROP TABLE d.own',
    );
  }
});
