import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError } from '../../src/protocol/index.js';
import { audit, foundBanks } from '../engine/bank/bank.js';
import { runBankWithKills } from '../engine/bank/bank-kills.js';
import { runBank } from '../engine/bank/bank-run.js';
import { chooseSeed, createRandom } from '../workload/random.js';
import { typescript } from '../typescript.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kills = Number(process.env['KILLS'] ?? 20);
const transfersPerKill = 60;

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-bank-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.serial('a bank keeps its money through kills, before eight readers', async (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed} KILLS=${kills}`);
  const folder = await temporaryFolder(t);
  const transfers = await runBankWithKills(folder, createRandom(seed), kills, transfersPerKill);
  t.log(`${transfers} transfers`);
  t.true(transfers >= kills);
});

test.serial('and so it does behind theflash serve, which is killed', async (t) => {
  const seed = chooseSeed();
  t.log(`SEED=${seed} KILLS=${kills}`);
  const random = createRandom(seed);
  const folder = await temporaryFolder(t);
  let acknowledged = 0;
  for (let kill = 0; kill <= kills; kill++) {
    const args = ['serve', '--engine', folder, '--listen', '127.0.0.1:0'];
    const server = spawn(process.execPath, [typescript, 'bin/dev.mjs', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(server, 'exit');
    try {
      const engine = await openRemoteEngine(`tcp://${await readAddress(server.stdout)}`);
      if ((await engine.readCheckpoint('bank')) === undefined) await foundBanks(engine);
      const transfers = await audit(engine);
      t.true(transfers >= acknowledged && transfers <= acknowledged + 1, `${transfers}`);
      const last = transfers + random.int(1, transfersPerKill);
      const running = runBank(engine, engine, {
        seed: random.int(0, 2 ** 30),
        transfersMax: Infinity,
        readers: 8,
        onTransfer: (transfer) => {
          acknowledged = transfer;
          if (transfer === last) setTimeout(() => server.kill('SIGKILL'), random.int(0, 30));
        },
      });
      const error = await t.throwsAsync(running, { instanceOf: FlashError });
      t.is(error.code, 'CONNECTION', error.message);
      await engine.close();
    } finally {
      server.kill('SIGKILL');
      await exited;
    }
  }
  t.log(`${acknowledged} transfers`);
});

async function readAddress(stdout: NodeJS.ReadableStream): Promise<string> {
  let output = '';
  for await (const chunk of stdout) {
    output += String(chunk);
    const address = /^Listening on (\S+)\n/m.exec(output)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`the server ended: ${output}`);
}
