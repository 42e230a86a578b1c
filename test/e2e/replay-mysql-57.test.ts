import { startMysql57 } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { shortOrFull } from '../short-run.js';
import { replayRandomWorkload } from './replay-case.js';

const rowChanges = shortOrFull(20_000, 50_000);

// 5.7 logs no column names: they come from the CREATE TABLE statements in the log.
testWith('mysql-5.7')('the replayed log of a random workload equals MySQL 5.7', (t) =>
  replayRandomWorkload(t, () => startMysql57(), rowChanges),
);
