// Goal: a statement does the same whatever it looks like to the eye: what the SQL layer sees in it is
// what the engine does. Method: random statements from a seed, plain and in disguise, on two databases
// that must stay alike; the long run is test/soak/statement-fuzz.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { chooseSeed, createRandom } from '../workload/random.js';
import { runDisguises } from './disguise/run.js';

test('statements in disguise do what plain ones do', async (t) => {
  t.timeout(900_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-disguise-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const { wrong, ...counts } = await runDisguises(
    folder,
    createRandom(seed),
    (done) => done >= 120,
  );
  t.log(JSON.stringify(counts));
  t.deepEqual(wrong, [], `SEED=${seed}`);
  t.true(counts.refused > 10);
});
