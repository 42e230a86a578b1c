// Rows that the log holds in part are completed from the copy, whatever type their key has.
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { runIn } from './foreign-keys/recorded-keys.js';
import { openScratchEngine, record, replayFiles, sameRows } from './recorded-log.js';

const tables = {
  time: `k TIME(3)`,
  day: 'k DATE',
  both: 'k DATE, t TIME(6)',
};

testSerialWith('mariadb')('keys of times, and of days before 1900 and after 2299', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  const engine = await openScratchEngine(t);
  const made = Object.entries(tables).map(
    ([name, key]) =>
      `CREATE TABLE ${name}_key (${key}, v INT, w INT, PRIMARY KEY (${key.replaceAll(/ [A-Z]+(\(\d\))?/g, '')}));`,
  );
  const files = await record(server, () =>
    runIn(
      server,
      `${made.join('\n')}
       INSERT INTO time_key VALUES ('-838:59:59.001', 1, 1), ('00:00:00', 2, 2), ('800:00:00.123', 3, 3);
       INSERT INTO day_key VALUES ('1000-01-01', 1, 1), ('1899-12-31', 2, 2), ('1970-01-01', 3, 3),
         ('2300-01-01', 4, 4), ('9999-12-31', 5, 5);
       INSERT INTO both_key VALUES ('0001-01-01', '01:02:03.4', 1, 1), ('2299-12-31', '-01:00:00', 2, 2),
         ('9999-12-31', '00:00:00', 3, 3);
       SET binlog_row_image = MINIMAL;
       UPDATE time_key SET w = 9; UPDATE day_key SET w = 9; UPDATE both_key SET w = 9;
       DELETE FROM day_key WHERE v = 2; UPDATE day_key SET v = 7 WHERE w = 9;
       SET binlog_row_image = FULL`,
    ),
  );
  await replayFiles(engine, files, { limits: { ageMaxMs: 0 } });
  await sameRows(t, server, engine, 'SELECT v, w FROM d.time_key ORDER BY v');
  for (const name of ['day', 'both']) {
    await sameRows(
      t,
      server,
      engine,
      `SELECT CAST(k AS CHAR) AS k, v, w FROM d.${name}_key ORDER BY v`,
    );
  }
});
