// Goal: in the sandbox no SQL reaches anything outside of the engine folder. Method: ways out that
// worked on engines without one, through the command line, an engine in the process and a served
// one. None may bring the secret back, change a file, or reach a listener.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { type Engine } from '../../src/protocol/index.js';
import { runCli } from '../e2e/cli.js';
import { shortOrFull } from '../short-run.js';
import { startServe, type ServeProcess } from '../server/serve-process.js';
import { answerOf } from './ways-out/answer.js';
import { listen, makePlace, secret, type Listener } from './ways-out/place.js';
import { setUp, ways, type Way } from './ways-out/ways.js';

let folder = '';
let listener: Listener;
let embedded: Engine;
let served: ServeProcess;
let remote: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-sandbox-'));
  listener = await listen();
  embedded = await openEmbeddedEngine(path.join(folder, 'embedded'), { sandbox: 'require' });
  served = await startServe(path.join(folder, 'served'), { args: ['--sandbox', 'require'] });
  remote = await openRemoteEngine(served.location);
  for (const engine of [embedded, remote]) await engine.execute(setUp);
  const made = await runCli(['sql', setUp, '--create', '--engine', path.join(folder, 'cli')]);
  if (made.code !== 0) throw new Error(made.stderr);
});

test.after.always(async () => {
  await embedded.close();
  await remote.close();
  await served.stop();
  listener.close();
  await rm(folder, { recursive: true, force: true });
});

async function throughCli(sql: string): Promise<string> {
  const engine = ['--engine', path.join(folder, 'cli'), '--sandbox', 'require'];
  const { stdout, stderr } = await runCli(['sql', sql, ...engine, '--format', 'jsonl']);
  return `${stdout.toString('latin1')}${stderr}`;
}

async function stays(way: Way, ask: (sql: string) => Promise<string>): Promise<string[]> {
  const place = makePlace(listener);
  try {
    const answer = await ask(way.sql(place));
    return [...place.traces(), ...(answer.includes(secret) ? ['the secret came back'] : [])];
  } finally {
    place.remove();
  }
}

test.serial('each of the three answers', async (t) => {
  const sql = `SELECT a FROM d.t WHERE a = 'x'`;
  t.is(process.env['THEFLASH_TEST_CANARY'], secret);
  for (const engine of [embedded, remote]) {
    t.true((await answerOf(engine, sql)).includes('x'));
    t.regex((await engine.info()).sandbox, /^landlock/);
  }
  t.is(await throughCli(sql), '{"a":"x"}\n');
});

// Each start of the command line opens the engine by the same code as this process does, and takes a second.
const commandLineEach = shortOrFull(6, 1);

for (const [index, way] of ways.entries()) {
  test.serial(`no way out: ${way.name}`, async (t) => {
    t.deepEqual(await stays(way, (sql) => answerOf(embedded, sql)), [], 'in the process');
    t.deepEqual(await stays(way, (sql) => answerOf(remote, sql)), [], 'served');
    if (index % commandLineEach > 0) return;
    t.deepEqual(await stays(way, throughCli), [], 'by the command line');
  });
}
