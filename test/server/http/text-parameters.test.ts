// Goal: a text as the value of {name:String} is unescaped as ClickHouse does it. Method: each letter after a
// backslash, beside what the engine itself makes of the same text as a field of TabSeparated.
import test from 'ava';
import { send, startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

async function hex(sql: string, query = ''): Promise<string> {
  const reply = await send(server, `/?${query}`, { body: `SELECT hex(s) FROM (${sql})` });
  return reply.text;
}

test('every character after a backslash', async (t) => {
  // \\N alone is NULL; a line feed and a tab that stand for themselves are those of the field, too.
  const letters = Array.from({ length: 127 }, (_, at) => String.fromCharCode(1 + at));
  for (const letter of letters.filter((each) => each !== 'N' && each !== 'x')) {
    const text = `a\\${letter}z`;
    const field = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    const wanted = await hex(`SELECT s FROM format('TabSeparated', 's String', '${field}')`);
    const value = `param_s=${encodeURIComponent(text)}`;
    t.is(await hex('SELECT {s:String} AS s', value), wanted, text);
  }
  const codes = `param_s=${encodeURIComponent('\\x41\\x7a\\d+\\_')}`;
  t.is(
    await hex('SELECT {s:String} AS s', codes),
    `${Buffer.from('Az\\d+\\_').toString('hex').toUpperCase()}\n`,
  );
});
