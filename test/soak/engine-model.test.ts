import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { runModel } from '../engine/model/run-model.js';
import { chooseSeed } from '../workload/random.js';

const steps = Number(process.env['STEPS'] ?? 4000);

test('thousands of random writes, merges, reopens and kills leave what a model holds', async (t) => {
  t.timeout(3_600_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-model-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed} STEPS=${steps}`);
  const report = await runModel(folder, { seed, steps, killPercent: 4 });
  t.log(JSON.stringify(report));
  t.is(report.steps, steps);
  t.true(Object.keys(report.kills).length > 1, 'killed at failpoints and at random');
});
