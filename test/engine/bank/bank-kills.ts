import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../workload/random.js';
import type { BankNews } from './bank-child.js';
import { typescript } from '../../typescript.js';

const childFile = fileURLToPath(new URL('bank-child.ts', import.meta.url));
const readers = 8;

/**
 * Runs a bank in a process that is killed and started again `kills` times, each time after some
 * transfers and a random moment. Gives the number of transfers.
 *
 * Errors: a wrong total, a transfer that was acknowledged and is gone, one that came from nowhere.
 */
export async function runBankWithKills(
  folder: string,
  random: Random,
  kills: number,
  transfersPerKill: number,
): Promise<number> {
  let acknowledged = 0;
  for (let kill = 0; kill <= kills; kill++) {
    const seed = String(random.int(0, 2 ** 30));
    const child = fork(childFile, [folder, seed, String(readers)], { execArgv: [typescript] });
    const exited = once(child, 'exit');
    const failures: string[] = [];
    const wanted = random.int(1, transfersPerKill);
    const momentMs = random.int(0, 30);
    let seen = 0;
    child.on('message', (news: BankNews) => {
      if (news.kind === 'wrong') failures.push(news.message);
      if (news.kind === 'opened' && !isPossible(news.transfers, acknowledged)) {
        failures.push(`${news.transfers} transfers, of which ${acknowledged} were acknowledged`);
      }
      if (news.kind === 'opened') acknowledged = news.transfers;
      if (news.kind === 'transfer') acknowledged = news.transfer;
      seen += news.kind === 'transfer' ? 1 : 0;
      if (failures.length > 0) child.kill('SIGKILL');
      else if (seen === wanted) setTimeout(() => child.kill('SIGKILL'), momentMs);
    });
    await exited;
    if (failures.length === 0 && child.signalCode !== 'SIGKILL') {
      failures.push(`the process ended with ${String(child.exitCode)}`);
    }
    if (failures.length > 0) throw new Error(`run ${kill}: ${failures.join('; ')}`);
  }
  return acknowledged;
}

/** Of transfers that were not acknowledged one may be there; a second one's news may be on its way. */
function isPossible(transfers: number, acknowledged: number): boolean {
  return transfers >= acknowledged && transfers <= acknowledged + 2;
}
