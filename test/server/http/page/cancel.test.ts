// Goal: the page's button ends a query that runs, of either door, and no other page can press it.
import test from 'ava';
import { queryRows } from '../../../../src/protocol/index.js';
import { send, type HttpServer, type Reply } from '../http-server.js';
import { browserHeaders, startPage } from './page-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startPage();
});
test.after.always(async () => {
  await server.stop();
});

const endless = 'SELECT sum(cityHash64(number)) FROM system.numbers -- <b>';

/** The form of the query that is shown with a text, once it is there. */
async function formOf(text: string): Promise<{ id: string; token: string }> {
  for (;;) {
    const page = await send(server, '/status', { headers: browserHeaders(server) });
    for (const [row] of page.text.matchAll(/<tr>[^]*?<\/tr>/g)) {
      const [, id = '', token = ''] =
        /<input type="hidden" name="id" value="([^"]*)" \/><input type="hidden" name="token" value="([^"]*)" \/>/.exec(
          row,
        ) ?? [];
      if (row.includes(text) && id !== '') return { id, token };
    }
  }
}

const press = (
  form: Record<string, string>,
  headers: Record<string, string | undefined> = {},
): Promise<Reply> =>
  send(server, '/cancel', {
    headers: {
      ...browserHeaders(server),
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams(form).toString(),
  });

test.serial('a query over HTTP', async (t) => {
  let hasEnded = false;
  const query = send(server, '/', { body: endless }).finally(() => {
    hasEnded = true;
  });
  const form = await formOf('system.numbers -- &#60;b&#62;');
  t.regex(form.id, /^http-\d+$/);
  const { origin } = new URL(server.url);
  const other = `Basic ${Buffer.from(`you:${server.token}`).toString('base64')}`;
  for (const [given, headers, status] of [
    [{ id: form.id }, {}, 403],
    [{ ...form, token: '0'.repeat(64) }, {}, 403],
    [form, { authorization: other }, 403],
    [form, { authorization: undefined }, 401],
    [form, { origin: 'http://evil.example' }, 403],
    [form, { origin: 'null' }, 403],
    [form, { 'sec-fetch-site': 'cross-site' }, 403],
    [{ ...form, more: 'x'.repeat(5000) }, {}, 500],
  ] as const) {
    t.is((await press(given, headers)).status, status, JSON.stringify([given, headers]));
  }
  t.is(
    (
      await send(server, `/cancel?${new URLSearchParams(form).toString()}`, {
        headers: browserHeaders(server),
      })
    ).status,
    404,
  );
  t.false(hasEnded);

  const pressed = await press(form, { origin });
  t.deepEqual([pressed.status, pressed.headers.location], [303, `status?cancelled=${form.id}`]);
  const { status, headers, text } = await query;
  t.deepEqual([status, headers['x-clickhouse-exception-code']], [500, '394']);
  t.regex(text, /cancelled from the page/);
  const page = await send(server, `/${pressed.headers.location ?? ''}`, {
    headers: browserHeaders(server),
  });
  t.regex(page.text, new RegExp(`${form.id} was cancelled\\.`));
  t.regex(page.text, /http-equiv="refresh" content="10; url=status"/);
  for (let text = page.text; !text.includes('None runs');) {
    ({ text } = await send(server, '/status', { headers: browserHeaders(server) }));
  }

  // A form without Origin, as some browsers and proxies send it, of a query that is over.
  const again = await press(form);
  t.deepEqual([again.status, again.headers.location], [303, `status?gone=${form.id}`]);
});

test.serial('a query and a statement over TCP', async (t) => {
  const engine = await server.served.connect({ token: server.token });
  const query = t.throwsAsync(queryRows(engine, endless), { code: 'CANCELLED' });
  const form = await formOf('cityHash64');
  t.regex(form.id, /^tcp-\d+-\d+$/);
  t.is((await press(form)).status, 303);
  await query;

  await engine.execute(
    'CREATE DATABASE d; CREATE TABLE d.t (n UInt64) ENGINE = MergeTree ORDER BY n',
  );
  const insert = t.throwsAsync(
    engine.execute(
      'INSERT INTO d.t SELECT number FROM system.numbers WHERE sleepEachRow(0.001) = 0',
    ),
    { code: 'CANCELLED' },
  );
  t.is((await press(await formOf('INSERT INTO d.t'))).status, 303);
  await insert;
});
