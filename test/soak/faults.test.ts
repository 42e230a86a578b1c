import test from 'ava';
import {
  nothingLeft,
  runInsertFaults,
  runPlanFaults,
  runScanFaults,
  runWriteFaults,
} from '../faults/fault-runs.js';
import { openTestEngine } from '../server/test-server.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const runs = Number(process.env['RUNS'] ?? 3000);

test.serial('thousands of scans and writes over a bad network', async (t) => {
  t.timeout(3_600_000);
  t.log(`SEED=${seed} RUNS=${runs}`);
  const { engine, remove } = await openTestEngine();
  try {
    for (const run of [runScanFaults, runWriteFaults, runPlanFaults, runInsertFaults]) {
      const outcomes = await run(engine, seed, runs);
      t.log(`${run.name}: ${outcomes.right} right, refused ${JSON.stringify(outcomes.refused)}`);
      t.deepEqual(outcomes.wrong, []);
      t.deepEqual(outcomes.left, nothingLeft);
    }
  } finally {
    await remove();
  }
});
