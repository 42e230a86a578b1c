import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, startMysql57 } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { shortOrFull } from '../short-run.js';
import { chooseSeed, createRandom, runWorkload } from '../workload/index.js';
import { binlogArgs, startCli, temporaryFolder, writeLogs } from './cli.js';
import { differences } from './replay-case.js';

const killsWanted = shortOrFull(5, 10);
const rowChanges = shortOrFull(15_000, 30_000);
const database = 'w';

testWith('mysql-5.7')(
  'a writer that is killed at random moments ends in the same tables as an undisturbed one',
  async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startMysql57();
    t.teardown(server.stop);
    await runWorkload(server, { seed, database, rowChanges });
    await server.flushLogs();
    const folder = temporaryFolder(t);

    const undisturbed = path.join(folder, 'undisturbed');
    const startMs = performance.now();
    await writeLogs(undisturbed, server.binlogFiles());
    const wholeMs = performance.now() - startMs;
    t.deepEqual(await differences(server, database, undisturbed), []);

    // The runs go on where the last one was killed; one that comes to its end is checked, and the
    // next begins with a fresh engine.
    let kills = 0;
    let engines = 1;
    while (kills < killsWanted) {
      const engine = path.join(folder, `engine-${engines}`);
      const killed = await killedAfter(server, engine, random.int(1, Math.ceil(wholeMs)));
      if (killed) kills += 1;
      else {
        t.deepEqual(await differences(server, database, engine), [], `after ${kills} kills`);
        engines += 1;
      }
    }
    const last = path.join(folder, `engine-${engines}`);
    await writeLogs(last, server.binlogFiles());
    t.log(
      `${kills} kills in ${engines} engines, an undisturbed run takes ${wholeMs.toFixed(0)} ms`,
    );
    t.deepEqual(await differences(server, database, last), [], `after ${kills} kills`);
  },
);

/** Starts the writer and kills it after `ms`; false where it was done before that. */
async function killedAfter(server: Server, engine: string, ms: number): Promise<boolean> {
  const args = ['write', '--engine', engine, ...binlogArgs(server.binlogFiles())];
  const { child, done } = startCli(args);
  const stop = new AbortController();
  await Promise.race([done, delay(ms, undefined, { signal: stop.signal, ref: false })]);
  stop.abort();
  child.kill('SIGKILL');
  const { code, stderr } = await done;
  if (code !== undefined && code !== 0) throw new Error(`the writer ended with ${code}: ${stderr}`);
  return code === undefined;
}
