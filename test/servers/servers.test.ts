import { existsSync, readFileSync } from 'node:fs';
import { startMariadb, startMysql56, startMysql57, startMysql97 } from './index.js';
import { testWith } from './test-with.js';

const servers = [
  ['mysql-5.6', startMysql56],
  ['mysql-5.7', startMysql57],
  ['mysql-9.7', startMysql97],
  ['mariadb', startMariadb],
] as const;

for (const [kind, start] of servers) {
  testWith(kind)(`${kind} starts, writes a row-format log, closes it and stops`, async (t) => {
    const server = await start({ args: ['--server-id=77'] });
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY, b VARCHAR(9))');
    await server.query("INSERT INTO d.t VALUES (1, 'x😀'), (2, NULL)");
    t.deepEqual(server.binlogFiles(), []);
    await server.flushLogs();

    const [file = ''] = server.binlogFiles();
    const bytes = readFileSync(file);
    t.deepEqual([...bytes.subarray(0, 4)], [0xfe, 0x62, 0x69, 0x6e]);
    t.is(bytes.readUInt32LE(4 + 5), 77, 'an option of the test wins');
    t.true(bytes.includes('x😀'));
    t.deepEqual(await server.query('SELECT @@time_zone z, a, b FROM d.t ORDER BY a'), [
      { z: '+00:00', a: 1, b: 'x😀' },
      { z: '+00:00', a: 2, b: null },
    ]);
    await server.shutdown();
    t.is(server.binlogFiles().length, 2);
    await server.stop();
    t.false(existsSync(server.folder));
  });
}
