// Goal: no order of writes, merges, reopens and kills brings the tables out of step with a model of
// plain rows. Method: random steps from a seed; thousands of them run in test/soak.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { chooseSeed } from '../workload/random.js';
import { runModel } from './model/run-model.js';

test('tables equal a model of plain rows after random writes, merges and kills', async (t) => {
  t.timeout(900_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-model-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const report = await runModel(folder, { seed, steps: 100, killPercent: 5 });
  t.log(JSON.stringify(report));
  t.is(report.steps, 100);
});
