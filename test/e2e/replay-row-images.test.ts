import { startMariadb, startMysql57, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsInTurn } from '../short-run.js';
import { replayRandomWorkload } from './replay-case.js';

// Goal: rows that the log holds in part are completed from the copy, or from earlier changes of the
// same batch, so that the copy is equal to the source, value by value.
const kinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb'];
const rowChanges = 10_000;

for (const [turn, image] of ['NOBLOB', 'MINIMAL'].entries()) {
  for (const kind of kindsInTurn(turn, kinds)) {
    testSerialWith(kind)(`a random workload with ${image} row images equals ${kind}`, (t) => {
      const options = { args: [`--binlog-row-image=${image}`] };
      const start = kind === 'mariadb' ? startMariadb : startMysql57;
      return replayRandomWorkload(t, () => start(options), rowChanges);
    });
  }
}
