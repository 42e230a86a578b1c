// Goal: the page, theflash status and the metrics tell one lag, and it is true; an error comes with its way out. Method:
// the built command beside a server that rests, is cut off, comes back, and writes what can't be carried over; the truth
// is the clock of this test.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseMetrics } from '../server/metrics-text.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { startServerOfKind, type ServerKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { startRelay } from '../source/live/relay.js';
import { runCli, temporaryFolder } from './cli.js';
import { isTrueLag } from './true-lag.js';

const kinds: readonly ServerKind[] = ['mariadb', 'mysql-9.7'];
const token = 'a token that is long enough';

interface Told {
  server: {
    sources: { lagMs?: number; phase: string; failure?: { code: string; hint?: string } }[];
  };
  tables: { table: string; rows: number }[];
}

async function pageOf(served: ServeProcess, address = 'status'): Promise<string> {
  const authorization = `Basic ${Buffer.from(`me:${token}`).toString('base64')}`;
  const headers = { authorization, accept: 'text/html' };
  return await (await fetch(`${served.httpUrl}/${address}`, { headers })).text();
}

/** The lag in seconds as the page tells it in words; NaN where it is not known. */
async function lagOnPage(served: ServeProcess): Promise<number> {
  return Number(/<dt>Lag<\/dt>\s*<dd>(\d+\.\d) s/.exec(await pageOf(served))?.[1] ?? NaN);
}

async function lagInMetrics(served: ServeProcess): Promise<number> {
  const { samples } = parseMetrics(await (await fetch(served.metricsUrl)).text());
  return samples.find(({ name }) => name === 'theflash_source_lag_seconds')?.value ?? NaN;
}

async function status(served: ServeProcess): Promise<Told> {
  const args = ['status', '--engine', served.location, '--json'];
  const { code, stdout, stderr } = await runCli(args, { env: { THEFLASH_TOKEN: token } });
  if (code !== 0) throw new Error(`${stdout.toString()} ${stderr}`);
  return JSON.parse(stdout.toString()) as Told;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(100);
}

for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: one lag on page, in status and metrics`, async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    await server.query(`CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
      INSERT INTO d.t VALUES (1, 1), (2, 2)`);
    const relay = await startRelay(t, server.port);
    const folder = temporaryFolder(t);
    const tokenFile = path.join(folder, 'token');
    writeFileSync(tokenFile, token);
    const served = await startServe(path.join(folder, 'engine'), {
      args: [
        ...['--binlog', `mysql://root@127.0.0.1:${relay.port}/`, '--token-file', tokenFile],
        ...['--http', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0'],
      ],
    });
    t.teardown(() => served.stop());

    await until(async () => (await lagOnPage(served)) === 0);
    await server.query('INSERT INTO d.t VALUES (3, 3); DELETE FROM d.t WHERE id = 1');
    await until(async () => (await pageOf(served)).includes('1 inserted, 0 updated, 1 deleted'));
    await until(async () =>
      (await pageOf(served)).includes('<th scope="row">d.t</th><td class="number">2</td>'),
    );
    t.like((await status(served)).tables[0], { table: 't', rows: 2 });

    relay.setTarget(0);
    relay.cut();
    const cutMs = Date.now();
    await delay(8_000);
    for (const read of [
      lagOnPage,
      lagInMetrics,
      async (of: ServeProcess): Promise<number> =>
        ((await status(of)).server.sources[0]?.lagMs ?? NaN) / 1000,
      async (of: ServeProcess): Promise<number> =>
        ((JSON.parse(await pageOf(of, 'status.json')) as Told).server.sources[0]?.lagMs ?? NaN) /
        1000,
    ]) {
      await isTrueLag(t, cutMs, () => read(served));
    }
    const isAway = /<span class="state (bad">stopped|wait">connecting)<\/span>/;
    await until(async () => isAway.test(await pageOf(served)));
    const away = await pageOf(served);
    t.regex(away, /<dt>Away since<\/dt>/);
    const [, highest = '0'] =
      /<strong>Lag\.<\/strong> Now \d+\.\d s, at most (\d+\.\d) s/.exec(away) ?? [];
    t.true(Number(highest) > 4, highest);

    relay.setTarget(server.port);
    await until(async () => (await lagOnPage(served)) === 0);
    await until(async () => (await lagInMetrics(served)) === 0);
    await server.query("SET SESSION binlog_format='STATEMENT'; INSERT INTO d.t VALUES (99, 1)");
    await until(
      async () => (await status(served)).server.sources[0]?.failure?.code === 'UNSUPPORTED',
    );
    const { failure } = (await status(served)).server.sources[0] ?? {};
    await until(async () => (await pageOf(served)).includes('<code>UNSUPPORTED</code>'));
    const stopped = await pageOf(served);
    t.regex(stopped, /<code>UNSUPPORTED<\/code>/);
    t.true((failure?.hint ?? '').length > 10);
    const escaped = (failure?.hint ?? '').replace(
      /[&<>"']/g,
      (letter) => `&#${letter.charCodeAt(0)};`,
    );
    t.true(stopped.includes(escaped), 'the way out is there');
  });
}
