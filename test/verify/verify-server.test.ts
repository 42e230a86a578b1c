// Goal: no difference is told while a server works and a writer moves the copy. Method: the workload of all types and
// key shapes on real servers, with a writer in this process; the copy is right by the tests of the writer.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, runWorkload, workloadTables } from '../workload/index.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { findings, startCopy, startSource, verify, waitForTables } from './working-copy.js';

const kinds: readonly ServerKind[] = kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7');
const include = ['w.*'];

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: no difference is told while changes go on`, async (t) => {
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const server = await startSource(t, kind);
    const { length } = workloadTables(kind === 'mariadb' ? 'mariadb' : 'mysql');
    const state = { goesOn: true };
    const goesOn = (): boolean => state.goesOn;
    // About thirty statements a second.
    const pace = (): Promise<unknown> => delay(25);
    const work = runWorkload(server, { seed, database: 'w', rowChanges: 500, goesOn, pace });
    const engine = await openScratchEngine(t);
    const copy = await startCopy(server, engine, include);
    await waitForTables(engine, length);
    t.teardown(copy.stop);
    const result = await verify(server, engine);
    t.deepEqual(findings(result), [], `SEED=${seed}`);
    t.is(result.tables.length, length);
    t.true(result.tables.reduce((sum, { rows }) => sum + rows, 0) > 1_000);
    state.goesOn = false;
    await work;
    await copy.stop();
  });
}
