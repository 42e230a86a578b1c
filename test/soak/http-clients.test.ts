// Goal: many HTTP clients at once, beside a running writer, read no wrong row, and memory stays bounded. Method: the bank
// of three tables, whose money is always the same; a writer moves it, CLIENTS clients (200) sum it up by four queries each
// in another way, for SOAK_SECONDS (120). Beside them one more connection asks SELECT 1, whose times are printed.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { temporaryFolder } from '../e2e/cli.js';
import { audit, foundBanks, moneyInAll, moveMoney, totals, ways } from '../engine/bank/bank.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { waitUntil } from '../until.js';
import { chooseSeed, createRandom } from '../workload/random.js';

const clients = Number(process.env['CLIENTS'] ?? 200);
const seconds = Number(process.env['SOAK_SECONDS'] ?? 120);
/** Of one process with its engine: what an idle one takes, 64 MiB a running query, and some for each client. */
const residentMiBMax = 600 + 28 * 64 + clients;
const busyPauseMs = 250;
/** They take a second or so each beside so many, on two processors. */
const transfersMin = Math.max(2, seconds / 10);

/** What the clients saw. */
interface Seen {
  answers: number;
  /** Refused as the server was at its limit of queries at once; asked again. */
  busy: number;
  wrong: string[];
}

test('200 HTTP clients beside a writer read whole transactions only', async (t) => {
  t.timeout((seconds + 300) * 1000);
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  const served = await startServe(path.join(temporaryFolder(t), 'engine'), {
    args: ['--http', '127.0.0.1:0', '--http-open', '--connections-per-address-max', '1000'],
  });
  t.teardown(() => served.stop());
  const writer = await openRemoteEngine(served.location);
  t.teardown(() => writer.close());
  await foundBanks(writer);
  const endMs = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > endMs;
  const seen: Seen = { answers: 0, busy: 0, wrong: [] };
  let transfers = 0;
  const writing = moveMoney(writer, createRandom(seed), isOver, () => (transfers += 1));
  await waitUntil('the writer writes', () => transfers > 0);
  const [latencies, residentMiB] = await Promise.all([
    askOne(served, isOver),
    watchMemory(served.pid, isOver),
    ...Array.from({ length: clients }, (_, index) => readMoney(served, index, isOver, seen)),
  ]);
  await writing;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0);
  t.log(
    `${clients} clients, ${seconds} s: ${seen.answers} answers, ${seen.busy} told to come again, ${transfers} transfers;`,
    `SELECT 1 (${sorted.length} times): p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${residentMiB} MiB resident at most`,
  );
  t.deepEqual(seen.wrong, []);
  t.true(seen.answers > clients, `${seen.answers} answers`);
  t.true(transfers >= transfersMin, `${transfers} transfers`);
  t.true(residentMiB < residentMiBMax, `${residentMiB} MiB`);
  await audit(writer);
});

/** One client with a connection of its own. */
async function readMoney(
  served: ServeProcess,
  index: number,
  isOver: () => boolean,
  seen: Seen,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const way = ways[index % ways.length] ?? 'scalars';
  const sql = `SELECT sum(total) FROM (${totals[way]}) FORMAT TSV`;
  while (!isOver()) {
    const { status, text } = await ask(served.httpUrl, sql, agent);
    if (status === 200 && text === `${moneyInAll}\n`) seen.answers += 1;
    else if (text.includes('TOO_MANY_SIMULTANEOUS_QUERIES')) {
      seen.busy += 1;
      await delay(busyPauseMs);
    } else seen.wrong.push(`${way}: ${status} ${text.slice(0, 300)}`);
    if (seen.wrong.length > 0) break;
  }
  agent.destroy();
}

async function askOne(served: ServeProcess, isOver: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  while (!isOver()) {
    const startMs = performance.now();
    const { status } = await ask(served.httpUrl, 'SELECT 1', agent);
    if (status === 200) times.push(performance.now() - startMs);
    await delay(50);
  }
  agent.destroy();
  return times;
}

async function ask(
  url: string,
  sql: string,
  agent: Agent,
): Promise<{ status: number; text: string }> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on('error', reject);
    sent.end(sql);
  });
}

/** The most that a process had in memory. */
async function watchMemory(pid: number, isOver: () => boolean): Promise<number> {
  let most = 0;
  while (!isOver()) {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    most = Math.max(most, Math.round(Number(kilobytes) / 1024));
    await delay(250);
  }
  return most;
}
