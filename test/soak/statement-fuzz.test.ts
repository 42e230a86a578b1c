// The long run of test/engine/statement-fuzz.test.ts: SOAK_SECONDS, ten minutes if not given.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { runDisguises } from '../engine/disguise/run.js';
import { chooseSeed, createRandom } from '../workload/random.js';

const seconds = Number(process.env['SOAK_SECONDS'] ?? 600);

test('statements in disguise do what plain ones do, for minutes', async (t) => {
  t.timeout((seconds + 300) * 1000);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-disguise-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const end = performance.now() + seconds * 1000;
  const { wrong, ...counts } = await runDisguises(
    folder,
    createRandom(seed),
    () => performance.now() > end,
  );
  t.log(JSON.stringify(counts));
  t.deepEqual(wrong, [], `SEED=${seed}`);
});
