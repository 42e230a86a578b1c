// The long run of test/engine/differential.test.ts: SOAK_SECONDS, ten minutes if not given.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { runDifferential } from '../engine/differential/run.js';
import { chooseSeed, createRandom } from '../workload/random.js';

const seconds = Number(process.env['SOAK_SECONDS'] ?? 600);

test('mutable tables answer as plain ones for minutes of random changes', async (t) => {
  t.timeout((seconds + 300) * 1000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-differential-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const end = performance.now() + seconds * 1000;
  const { wrong, ...counts } = await runDifferential(
    folder,
    createRandom(seed),
    () => performance.now() > end,
  );
  t.log(JSON.stringify(counts));
  t.deepEqual(wrong, [], `SEED=${seed}`);
});
