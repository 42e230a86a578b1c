// Goal: a mutable table answers every query as a plain table with the same rows does, whatever was
// done to it. Method: random changes from a seed, made of the plain table by other statements; the long
// run is test/soak/differential.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { chooseSeed, createRandom } from '../workload/random.js';
import { runDifferential } from './differential/run.js';

test('mutable tables answer as plain ones after random changes', async (t) => {
  t.timeout(900_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-differential-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const { wrong, ...counts } = await runDifferential(
    folder,
    createRandom(seed),
    (done) => done >= 90,
  );
  t.log(JSON.stringify(counts));
  t.deepEqual(wrong, [], `SEED=${seed}`);
  t.is(counts.changes, 90);
});
