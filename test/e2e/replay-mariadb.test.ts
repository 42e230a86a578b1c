import { startMariadb } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { replayRandomWorkload } from './replay-case.js';

testWith('mariadb')('the replayed log of a random workload equals MariaDB, full metadata', (t) =>
  replayRandomWorkload(t, () => startMariadb({ args: ['--binlog-row-metadata=FULL'] })),
);
