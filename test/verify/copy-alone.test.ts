// Goal: tables that the copy alone has are told, those of the user's own are not, and none that comes and goes at the
// source. Method: real servers; tables made by SQL in the copy, and tables made and dropped while verify runs.
import { setTimeout as delay } from 'node:timers/promises';
import { openSource } from '../../src/source/index.js';
import { replay } from '../../src/writer/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { findings, startCopy, startSource, urlOf, verify, waitForTables } from './working-copy.js';

for (const kind of kindsOf('mariadb', 'mysql-9.7')) {
  testSerialWith(kind)(`${kind}: tables that the copy alone has are told`, async (t) => {
    const server = await startSource(t, kind);
    await server.query(`CREATE DATABASE w; CREATE DATABASE r; CREATE TABLE w.a (id INT PRIMARY KEY);
      CREATE TABLE w.left_out (id INT PRIMARY KEY); CREATE TABLE r.b (id INT PRIMARY KEY)`);
    const engine = await openScratchEngine(t);
    const source = await openSource([urlOf(server)], { stdin: process.stdin });
    await replay(source, engine, { exclude: ['w.left_*'], rename: ['r.*=x.*'] });
    source.close?.();
    const table = '(id Int32) ENGINE = MutableMergeTree ORDER BY id';
    await engine.execute(`CREATE TABLE w.mine ${table}; CREATE TABLE x.other ${table};
      CREATE TABLE w.plain (id Int32) ENGINE = MergeTree ORDER BY id; CREATE TABLE w.left_behind ${table};
      CREATE VIEW w.v AS SELECT * FROM w.a; CREATE DATABASE own; CREATE TABLE own.t ${table}`);
    const told = async (...include: string[]): Promise<string[]> => {
      const { tables, unmatchedPatterns } = await verify(server, engine, { include });
      return [
        ...tables.flatMap((each) => (each.definition === null ? [] : [each.table])),
        ...unmatchedPatterns,
      ];
    };
    t.deepEqual(await told(), ['r.other', 'w.mine', 'w.plain']);
    t.deepEqual(await told('r.*'), ['r.other']);
    t.deepEqual(await told('w.a'), []);
    t.deepEqual(await told('w.a', 'w.v', 'own.t'), ['own.t', 'w.v']);
    t.deepEqual(await told('w.a', 'own.*'), ['--tables own.*']);
    const exclude = ['w.mine', 'w.pl*', 'r.other'];
    t.deepEqual(findings(await verify(server, engine, { exclude })), []);
    const { mending } = await verify(server, engine);
    t.deepEqual(mending.resync, []);
    t.deepEqual(
      mending.drop.map((each) => `${each.database}.${each.table}`),
      ['w.mine', 'w.plain', 'x.other'],
    );
  });
}

for (const kind of kindsOf('mysql-9.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: tables that come and go meanwhile are not told`, async (t) => {
    const server = await startSource(t, kind);
    await server.query('CREATE DATABASE w; CREATE TABLE w.a (id INT PRIMARY KEY)');
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, ['w.*']);
    t.teardown(copy.stop);
    await waitForTables(engine, 1);
    const state = { goesOn: true };
    const goesOn = (): boolean => state.goesOn;
    const churn = async (): Promise<void> => {
      for (let number = 0; goesOn(); number += 1) {
        const table = `w.t${number % 5}`;
        const before = await engine.readCheckpoint('binlog');
        await server.query(`CREATE TABLE ${table} (id INT PRIMARY KEY)`);
        await server.query(`DROP TABLE ${table}`);
        // As fast as a writer follows on a slow machine.
        await delay(300);
        while (goesOn() && (await engine.readCheckpoint('binlog')) === before) await delay(20);
      }
    };
    const churning = churn();
    try {
      let compared = 0;
      for (let round = 0; round < 4 || (round < 20 && compared === 0); round += 1) {
        // Rows of a table that goes are begun anew, and BUSY after some tries: this is of the definitions.
        const { tables } = await verify(server, engine, { include: ['w.a', 'w.t*'] }).catch(
          (error: unknown) => {
            if (error instanceof Error && /changed (?:in )?each/.test(error.message))
              return { tables: [] };
            throw error;
          },
        );
        compared += tables.length > 0 ? 1 : 0;
        t.deepEqual(
          tables.filter(({ definition }) => definition !== null),
          [],
        );
      }
      t.true(compared > 0);
    } finally {
      state.goesOn = false;
      await churning;
    }
    await copy.stop();
  });
}
