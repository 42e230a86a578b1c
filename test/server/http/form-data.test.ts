// Goal: a statement and its values come as fields of a form, and what is none is refused. Method: forms as
// Node's own FormData writes them, sent by fetch to a real engine.
import test from 'ava';
import { startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

async function post(form: FormData | string, query = '', headers = {}): Promise<[number, string]> {
  const reply = await fetch(`${server.url}/?${query}`, {
    method: 'POST',
    body: form,
    headers: { 'x-clickhouse-key': server.token, ...headers },
  });
  return [Number(reply.headers.get('x-clickhouse-exception-code') ?? 0), await reply.text()];
}

function form(fields: Readonly<Record<string, string>>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

test('query and values, of any length, in the form or the address', async (t) => {
  const text = `it's ${'ü'.repeat(200_000)}`;
  const sql = 'SELECT lengthUTF8({s:String}), {n:Int64}';
  const expected: [number, string] = [0, '200005\t7\n'];
  t.deepEqual(await post(form({ query: sql, param_s: text, param_n: '7' })), expected);
  t.deepEqual(
    await post(form({ param_s: text }), `query=${encodeURIComponent(sql)}&param_n=7`),
    expected,
  );
});

test('settings come as fields, too; those that there are not, and broken forms, are refused', async (t) => {
  const sql = "SELECT getSetting('max_threads')";
  t.deepEqual(await post(form({ query: sql, max_threads: '3' })), [0, '3\n']);
  t.is((await post(form({ query: 'SELECT 1', other: '1' })))[0], 115);
  t.is((await post(form({ query: 'SELECT 1', final: '0' })))[0], 452);
  const type = { 'content-type': 'multipart/form-data; boundary=x' };
  for (const body of [
    '',
    'SELECT 1',
    '--x\r\n\r\nSELECT 1\r\n--x--',
    '--x\r\nContent-Disposition: form-data; name=""\r\n\r\nSELECT 1\r\n--x--',
    '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT 1',
  ]) {
    t.is((await post(body, '', type))[0], 36, body);
  }
});
