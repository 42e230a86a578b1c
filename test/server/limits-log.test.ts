// The server's log holds no values: all that a process writes is looked through.
import test from 'ava';
import { Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { type Message } from '../../src/protocol/wire/index.js';
import { startLimitsProcess } from './limits-process.js';
import { RawClient } from './raw-client.js';

const secret = 'secret-4711';

test("texts of the engine's errors go to the client, and not into the log", async (t) => {
  const server = await startLimitsProcess();
  try {
    const told = await RawClient.hello(server.port);
    const make = `CREATE DATABASE d;
      CREATE TABLE d.t (v String) ENGINE = MutableMergeTree ORDER BY v;
      CREATE TABLE d.n (v Int64) ENGINE = MergeTree ORDER BY v;
      INSERT INTO d.t VALUES ('${secret}')`;
    t.is((await ask(told, { type: 'EXECUTE', sql: make, timeoutMs: 0 }, 1)).type, 'EXECUTE_OK');
    const texts = [
      `SELECT CAST(v AS Int64) FROM d.t`,
      `SELECT throwIf(v != '', concat('it is ', 'secret-', '4711')) FROM d.t`,
      `SELEC '${secret}'`,
      `SELECT '${secret}' + 1`,
      `INSERT INTO d.n SELECT v FROM d.t`,
      `UPDATE d.t SET v = toString(toInt64(v)) WHERE 1`,
      `SELECT * FROM d.t WHERE \`${secret}\` = 1`,
    ];
    let quoted = 0;
    const codes: string[] = [];
    const note = (answer: Message): void => {
      if (answer.type !== 'ERROR') return t.fail(answer.type);
      codes.push(answer.code);
      if (answer.message.includes(secret)) quoted += 1;
    };
    let streamId = 1;
    for (const sql of texts) {
      note(await ask(told, { type: 'EXECUTE', sql, timeoutMs: 0 }, (streamId += 1)));
      note(await ask(told, { type: 'QUERY', sql, credit: 1e6, timeoutMs: 0 }, (streamId += 1)));
    }
    const rows = new Table({ v: vectorFromArray([secret], new Utf8()) });
    const insert = { type: 'INSERT', batchId: 'b', database: 'd', table: 'n' } as const;
    const { serverId } = told.hello;
    const stream = tableToIPC(rows, 'stream');
    note(await ask(told, { ...insert, serverId }, (streamId += 1), stream));
    t.log(
      `${quoted} of ${codes.length} texts quote the value; codes ${[...new Set(codes)].join()}`,
    );
    t.true(quoted >= 8, 'else nothing is shown');

    const broken = await RawClient.hello(server.port);
    broken.sendFields('EXECUTE', { sql: { [secret]: secret }, timeoutMs: secret }, 1);
    t.is(await broken.nextError(), 'PROTOCOL');
    t.is(await broken.nextError(), 'closed');
    const log = await server.logWith(/"connection-failed"/);
    const entries = log
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const failed = entries.filter(({ event }) => event === 'request-failed');
    t.deepEqual(
      failed.map(({ code }) => code),
      codes,
    );
    t.true(failed.every(({ what }) => ['EXECUTE', 'QUERY', 'INSERT'].includes(String(what))));
    t.true(failed.filter(({ engineCode }) => Number(engineCode) > 0).length >= 8);
    t.true(entries.some(({ event, code }) => event === 'connection-failed' && code === 'PROTOCOL'));
    t.false(log.includes('4711'), log);
  } finally {
    await server.stop();
  }
});

/** Sends a request and gives its last answer. */
async function ask(
  client: RawClient,
  message: Message,
  streamId: number,
  payload?: Uint8Array,
): Promise<Message> {
  client.send(message, streamId, payload);
  for (;;) {
    const answer = await client.next();
    if (answer === undefined) throw new Error('the server closed');
    if (!['OPENED', 'SCHEMA', 'BATCH'].includes(answer.type)) return answer;
  }
}
