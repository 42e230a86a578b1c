import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, startMariadb } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runRandomKeys } from '../writer/foreign-keys/random-keys.js';
import { binlogArgs, startCli, temporaryFolder, writeLogs } from './cli.js';
import { differences } from './replay-case.js';

const killsWanted = 6;

testWith('mariadb')(
  'a writer that is killed while it carries out foreign keys ends in the source’s tables',
  async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const random = createRandom(seed);
    const server = await startMariadb();
    t.teardown(server.stop);
    await runRandomKeys(server, random, 2000);
    await server.flushLogs();
    const folder = temporaryFolder(t);

    const undisturbed = path.join(folder, 'undisturbed');
    const startMs = performance.now();
    await writeLogs(undisturbed, server.binlogFiles());
    const wholeMs = performance.now() - startMs;
    t.deepEqual(await differences(server, 'd', undisturbed), []);

    let kills = 0;
    for (let engine = 1; kills < killsWanted; engine += 1) {
      const name = path.join(folder, `engine-${engine}`);
      while (await isKilledAfter(server, name, random.int(1, Math.ceil(wholeMs)))) kills += 1;
      t.deepEqual(await differences(server, 'd', name), [], `after ${kills} kills`);
    }
  },
);

/** Starts the writer and kills it after `ms`; false where it was done before that. */
async function isKilledAfter(server: Server, engine: string, ms: number): Promise<boolean> {
  const { child, done } = startCli([
    'write',
    '--engine',
    engine,
    ...binlogArgs(server.binlogFiles()),
  ]);
  const stop = new AbortController();
  await Promise.race([done, delay(ms, undefined, { signal: stop.signal, ref: false })]);
  stop.abort();
  child.kill('SIGKILL');
  const { code, stderr } = await done;
  if (code !== undefined && code !== 0) throw new Error(`the writer ended with ${code}: ${stderr}`);
  return code === undefined;
}
