// Goal: a user of a server gets on with the commands that read, and is told what is for others. Method: the commands
// of docs/operations.md, "Give users rights", as they are typed there, against a server of its own.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { runCli, runCliWell, startCli, temporaryFolder } from '../e2e/cli.js';
import { startServe } from '../server/serve-process.js';

function hashOf(password: string): ReturnType<typeof runCli> {
  const run = startCli(['hash-password'], { stdin: 'open' });
  run.child.stdin?.end(password);
  return run.done;
}

test('hash-password, and scan, tables, sql and status as a user', async (t) => {
  const folder = temporaryFolder(t);
  const engine = path.join(folder, 'engine');
  const made =
    'CREATE DATABASE shop; CREATE DATABASE hid; CREATE TABLE hid.t (id Int32) ENGINE = MergeTree ORDER BY id;' +
    'CREATE TABLE shop.orders (id Int32) ENGINE = MutableMergeTree ORDER BY id; INSERT INTO shop.orders VALUES (1), (2)';
  await runCliWell(['sql', made, '--engine', engine, '--create']);
  const password = 'a-password-of-this-test';
  const hash = (await hashOf(`${password}\n`)).stdout.toString().trim();
  t.regex(hash, /^\$scrypt\$ln=15,r=8,p=1\$/);
  const short = await hashOf('short\n');
  t.is(short.code, 2);
  t.regex(short.stderr, /at least 12 are needed. Make one with: openssl/);
  const users = path.join(folder, 'users.json');
  const file = JSON.stringify({ users: { grafana: { password: hash, read: ['shop.*'] } } });
  await writeFile(users, file, { mode: 0o600 });
  const server = await startServe(engine, { args: ['--users-file', users] });
  t.teardown(() => server.stop());
  const as = (...args: string[]): ReturnType<typeof runCli> =>
    runCli([...args, '--engine', `tcp://grafana@127.0.0.1:${server.port}`], {
      env: { THEFLASH_TOKEN: password },
    });
  const scanned = await as('scan', 'shop.orders', '--order-by', 'id', '--format', 'csv');
  t.is(scanned.stdout.toString(), 'id\r\n1\r\n2\r\n');
  const tables = await as('tables');
  t.is(tables.code, 0, tables.stderr);
  t.regex(tables.stdout.toString(), /shop\.orders/);
  t.notRegex(tables.stdout.toString(), /hid/);
  t.regex(tables.stderr, /Whether the copy holds all is told to who has the server's token/);
  const status = await as('status');
  t.is(status.code, 1);
  t.regex(
    status.stderr,
    /status is for who has the server's token. Leave the user out of --engine/,
  );
  const hidden = await as('scan', 'hid.t');
  t.is(hidden.code, 1);
  t.regex(hidden.stderr, /hid\.t/);
});
