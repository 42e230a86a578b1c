import { startMariadb } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { shortOrFull } from '../short-run.js';
import { replayRandomWorkload } from './replay-case.js';

const rowChanges = shortOrFull(20_000, 50_000);
const args = ['--binlog-row-metadata=FULL'];

testWith('mariadb')('the replayed log of a random workload equals MariaDB, full metadata', (t) =>
  replayRandomWorkload(t, () => startMariadb({ args }), rowChanges),
);
