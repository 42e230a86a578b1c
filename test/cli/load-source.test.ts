// Goal: a server is loaded once, and a copy that is there is left to go on. Method: a real server and engine.
import { loadedBefore, loadFromServer } from '../../src/cli/load-source.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine } from '../writer/recorded-log.js';

testSerialWith('mariadb')(
  'an engine without a copy is loaded, and one with a copy is not',
  async (t) => {
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)');
    await server.query('INSERT INTO d.t VALUES (1), (2)');
    const engine = await openScratchEngine(t);
    const notes: string[] = [];
    const options = {
      url: `mysql://root@127.0.0.1:${server.port}/`,
      defaults: {},
      showsProgress: false,
      onNote: (line: string) => notes.push(line),
    };
    const loaded = await loadFromServer(engine, options);
    t.deepEqual([loaded?.rows, loaded?.tables], [2, ['d.t']]);
    t.regex(notes.join(), /1 session reads as of binlog\.000001:\d+, without a lock/);
    await server.query('INSERT INTO d.t VALUES (3)');
    t.is(await loadFromServer(engine, options), undefined);
    const before = await loadedBefore(engine);
    t.true(before.wasLoaded);
    t.deepEqual(before.position, loaded?.position);
  },
);
