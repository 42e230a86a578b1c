// Goal: no statement gets at what a user has no right to. Method: random ones, which name hidden tables in every way that
// is known, in queries up to three deep, as two users by both doors; every name and value that is hidden is looked for in
// each answer, and the tables are looked at by the owner. The soak run has ten thousand.
import test from 'ava';
import { temporaryFolder } from '../e2e/cli.js';
import { chooseSeed, createRandom } from '../workload/random.js';
import { runAttempts } from './rights/run-attempts.js';

const count = Number(process.env['ATTEMPTS'] ?? 500);

test('random statements by users: nothing that is hidden comes out, and nothing is changed', async (t) => {
  t.timeout(10 * 60_000);
  const seed = chooseSeed();
  t.log(`SEED=${seed} ATTEMPTS=${count}`);
  const { wrong, ...report } = await runAttempts(temporaryFolder(t), createRandom(seed), count);
  t.log(JSON.stringify(report));
  t.deepEqual(wrong, [], `SEED=${seed}`);
  // The statements are real ones: their owner sees what they are after.
  t.true(report.revealedToOwner > report.reads / 10, JSON.stringify(report));
});
