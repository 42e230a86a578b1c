// Goal: whoever waits for a query that is planned for long can find out which it is, and end it.
// Method: a scalar subquery without end in a query for whose tables no clones can stand (slow-planning.test.ts has those that
// wait for nobody), a batch that waits for it, and a read that waits for the
// batch. The server has a process of its own, as each that waits takes a thread of it.
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows, type Engine } from '../../src/protocol/index.js';
import { makeEngineFolder } from '../commands/engine-folder.js';
import { startServe } from '../server/serve-process.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { put, readRows } from './rows.js';

const endless =
  "SELECT (SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)) AS endless FROM merge('system', '^one$')";
/** A read takes a millisecond: one that has not answered by then waits. */
const answerMs = 500;

test('a query that holds up a batch and all reads is shown, and KILL QUERY ends it', async (t) => {
  const folder = await makeEngineFolder();
  t.teardown(() => folder.remove());
  const server = await startServe(folder.engine);
  t.teardown(() => server.stop('SIGKILL'));
  const engine = await openRemoteEngine(server.location);
  t.teardown(() => engine.close());
  await createTable(engine, 'keyed');

  const planned = throwsCode(t, () => queryRows(engine, endless), 'CANCELLED');
  // A batch takes the lock twice: to begin, which has the query planned anew, and to commit.
  const first = await untilShown(engine);
  const written = applyBatch(engine, keyedTable('keyed'), [put(1, 'new')]);
  const id = await untilShown(engine, first);
  const { read } = await untilReadsWait(engine);
  t.is(await untilShown(engine), id, 'it is shown while nothing else is read');
  await queryRows(engine, `KILL QUERY WHERE query_id = '${id}'`);
  await Promise.all([planned, written, read]);
  t.deepEqual(await readRows(engine, 'keyed'), ['1 new']);
});

/** Gives the id of the query without end, as SHOW PROCESSLIST has it; another one than `before`. */
async function untilShown(engine: Engine, before?: string): Promise<string> {
  for (;;) {
    const rows = await queryRows(engine, 'SHOW PROCESSLIST');
    const found = rows.find((row) => row['query'] === endless && row['query_id'] !== before);
    if (found !== undefined) return String(found['query_id']);
  }
}

/** Reads until a read is not answered any more, and gives that one. */
async function untilReadsWait(engine: Engine): Promise<{ read: Promise<unknown> }> {
  for (;;) {
    const read = queryRows(engine, 'SELECT 1');
    const late = new Promise((resolve) => setTimeout(resolve, answerMs, 'late'));
    if ((await Promise.race([read, late])) === 'late') return { read };
  }
}
