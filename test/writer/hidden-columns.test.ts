import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import { openScratchEngine, replayFiles } from './recorded-log.js';

/** Written by MySQL 8.0.17, which logs the hidden column of a functional index; see its README. */
const log = path.resolve(
  import.meta.dirname,
  '../../../shared/fixtures/binlog/rust__rpl_unfiltered_hidden_gcol.000001',
);
const testIfThere = existsSync(log) ? test : test.skip;

testIfThere('the hidden column of a functional index is left out of the copy', async (t) => {
  const engine = await openScratchEngine(t);
  const { totals } = await replayFiles(engine, [log]);
  t.is(totals.rowChanges, 1);
  // As mysqlbinlog 9.7 -v prints the row: @1=1, @3='1'.
  t.deepEqual(
    (await queryRows(engine, 'SELECT * FROM test.t')).map((row) => [row['a'], row['b']]),
    [[1, '1']],
  );
});
