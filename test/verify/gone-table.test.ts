// Goal: a table that is dropped while it is compared is told, and nothing is called equal that was not compared.
// Method: it is dropped between the list of tables and the first snapshot, while a writer follows.
import { verifyJson, verifyLines } from '../../src/cli/index.js';
import { openTableServer } from '../../src/source/index.js';
import { isEqual, verifyServer, type VerifyResult } from '../../src/verify/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { startCopy, startSource, urlOf, verifyWaitMs, waitForTables } from './working-copy.js';

testSerialWith('mariadb')('a named table that is dropped meanwhile is not equal', async (t) => {
  const server = await startSource(t, 'mariadb');
  await server.query(`CREATE DATABASE g; CREATE TABLE g.a (id INT PRIMARY KEY); CREATE TABLE g.b (id INT PRIMARY KEY);
    CREATE TABLE g.stays (id INT PRIMARY KEY); INSERT INTO g.stays VALUES (1)`);
  const engine = await openScratchEngine(t);
  const copy = await startCopy(server, engine, ['g.*']);
  t.teardown(copy.stop);
  await waitForTables(engine, 3);
  const verifyAndDrop = async (table: string, include: string[]): Promise<VerifyResult> => {
    const tables = await openTableServer(urlOf(server));
    let isDropped = false;
    try {
      const dropping = {
        ...tables,
        openSnapshot: async (count: number, locked: readonly string[]) => {
          if (!isDropped) await server.query(`DROP TABLE ${table}`);
          isDropped = true;
          return tables.openSnapshot(count, locked);
        },
      };
      return await verifyServer(dropping, engine, { waitMs: verifyWaitMs, include });
    } finally {
      tables.close();
    }
  };
  const report = (result: VerifyResult): { words: string; json: unknown } => {
    const parts = { result, engine: 'e', elapsedMs: 1 };
    return {
      words: verifyLines(parts).join('\n'),
      json: verifyJson({ ...parts, samplePercent: 100 }),
    };
  };

  const alone = await verifyAndDrop('g.a', ['g.a']);
  t.false(isEqual(alone));
  t.regex(report(alone).words, /g\.a: not compared, as it was dropped[^]*Nothing was compared/);
  t.like(report(alone).json, { equal: false, gone: ['g.a'], tables: [] });

  const beside = await verifyAndDrop('g.b', []);
  t.true(isEqual(beside));
  t.regex(
    report(beside).words,
    /^g\.b: not compared, .*\n1 row of 1 table compared[^]*are equal\.$/,
  );
  t.like(report(beside).json, { equal: true, gone: ['g.b'], rows: 1 });
});
