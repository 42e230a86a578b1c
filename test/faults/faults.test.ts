import test from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import { openTestEngine } from '../server/test-server.js';
import {
  nothingLeft,
  runInsertFaults,
  runPlanFaults,
  runScanFaults,
  runWriteFaults,
  type Outcomes,
} from './fault-runs.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
let local: { engine: Engine; remove: () => Promise<void> } | undefined;

test.before(async (t) => {
  t.log(`SEED=${seed}`);
  local = await openTestEngine();
});

test.after.always(() => local?.remove());

const engine = (): Engine => {
  if (local === undefined) throw new Error('the engine did not open');
  return local.engine;
};

test.serial(
  'scans over a bad network are whole or refused, and nothing is left behind',
  async (t) => {
    t.timeout(1_200_000);
    check(await runScanFaults(engine(), seed, 200), (line) => t.log(line));
    t.pass();
  },
);

test.serial('writes over a bad network are applied once or not at all, and told so', async (t) => {
  t.timeout(1_200_000);
  check(await runWriteFaults(engine(), seed, 120), (line) => t.log(line));
  t.pass();
});

test.serial(
  'plans and inserts over a bad network leave no snapshot, and no row twice',
  async (t) => {
    t.timeout(1_200_000);
    check(await runPlanFaults(engine(), seed, 60), (line) => t.log(line));
    check(await runInsertFaults(engine(), seed, 80), (line) => t.log(line));
    t.pass();
  },
);

function check(outcomes: Outcomes, log: (line: string) => void): void {
  log(`${outcomes.right} right, refused ${JSON.stringify(outcomes.refused)}`);
  if (outcomes.wrong.length > 0) throw new Error(outcomes.wrong.slice(0, 5).join('\n'));
  const left = JSON.stringify(outcomes.left);
  if (left !== JSON.stringify(nothingLeft)) throw new Error(`left: ${left}`);
  if (outcomes.right < 10) throw new Error('too few runs got through to say anything');
}
