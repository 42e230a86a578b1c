import type { Engine } from '../../src/protocol/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import { startMysql57 } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

const crash = new Error('the process ends here');

/** The engine of a process that ends after its n-th statement or commit. */
function endingEngine(engine: Engine, callsMax: number): Engine {
  let calls = 0;
  const count = async (work: () => Promise<void>): Promise<void> => {
    calls += 1;
    await work();
    if (calls === callsMax) throw crash;
  };
  return new Proxy(engine, {
    get(target, name): unknown {
      if (name === 'execute') return (sql: string) => count(() => target.execute(sql));
      if (name === 'openBatch') {
        return async () => {
          const batch = await target.openBatch();
          return new Proxy(batch, {
            get(inner, member): unknown {
              if (member === 'commit') {
                return (source: string, checkpoint: string) =>
                  count(() => inner.commit(source, checkpoint));
              }
              const value: unknown = Reflect.get(inner, member);
              return typeof value === 'function' ? value.bind(inner) : value;
            },
          });
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

testWith('mysql-5.7')(
  'a rebuild that is cut at any step ends in the same tables when it is run again',
  async (t) => {
    t.timeout(900_000);
    const server = await startMysql57();
    t.teardown(server.stop);
    const files = await record(server, async () => {
      await server.query(`CREATE DATABASE c; USE c;
        CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT); INSERT INTO t VALUES (1,10,20),(2,30,40);
        CREATE TABLE u (a INT); INSERT INTO u VALUES (1),(1);
        ALTER TABLE t DROP a, CHANGE b a INT, ADD b INT DEFAULT 3, MODIFY id BIGINT, RENAME TO moved; INSERT INTO moved VALUES (9,9,9);
        ALTER TABLE u ADD b INT DEFAULT 2; DELETE FROM u LIMIT 1;
        ALTER TABLE moved ADD c INT DEFAULT 1, RENAME TO t; INSERT INTO t VALUES (10,1,1,1)`);
    });
    let ends = 0;
    for (let isCut = true; isCut; ends += 1) {
      const engine = await openScratchEngine(t);
      isCut = await replayFiles(endingEngine(engine, ends + 1), files).then(
        () => false,
        (error: unknown) => {
          if (error !== crash) throw error;
          return true;
        },
      );
      await replayFiles(engine, files);
      for (const table of ['t', 'u']) {
        const found = await tableDifferences(server, engine, { database: 'c', table });
        t.deepEqual(found, [], `cut after call ${ends + 1}`);
      }
      await engine.close();
    }
    t.log(`${ends} cuts`);
    t.true(ends > 20);
  },
);
