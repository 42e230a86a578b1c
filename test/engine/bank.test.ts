// Goal: nobody ever sees half of a batch. Method: a writer moves money between rows of three tables,
// and everything that reads them must find the same sum, also after a kill. Longer in test/soak.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openTestEngine, serveEngine } from '../server/test-server.js';
import { chooseSeed, createRandom } from '../workload/random.js';
import { foundBanks } from './bank/bank.js';
import { runBankWithKills } from './bank/bank-kills.js';
import { runBank } from './bank/bank-run.js';

const seed = chooseSeed();

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-bank-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.serial('eight readers never see a wrong total, and kills lose no transfer', async (t) => {
  t.timeout(900_000);
  t.log(`SEED=${seed}`);
  const transfers = await runBankWithKills(await temporaryFolder(t), createRandom(seed), 2, 8);
  t.true(transfers >= 3, `${transfers} transfers`);
});

test.serial('nor do they through a server', async (t) => {
  t.timeout(900_000);
  t.log(`SEED=${seed}`);
  const { engine, remove } = await openTestEngine();
  t.teardown(remove);
  const server = await serveEngine(engine);
  t.teardown(() => server.stop());
  const remote = await server.connect();
  await foundBanks(remote);
  const report = await runBank(remote, remote, { seed, transfersMax: 12, readers: 8 });
  t.log(JSON.stringify(report));
  t.is(report['transfers'], 12);
});
