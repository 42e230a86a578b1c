// Goal: a config file takes the place of a long command line, and `theflash config` tells what is in force. Method: the
// built commands on the recorded logs of examples/shop; the file of examples/ with its folder and addresses changed.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { queryRows } from '../../src/protocol/index.js';
import { cliEntry, runCli, startCli, temporaryFolder, type CliRun } from './cli.js';

const root = path.resolve(import.meta.dirname, '../..');
const shop = path.join(root, 'examples/shop');
const example = path.join(root, 'examples/theflash.toml');
const env = { THEFLASH_CONFIG: '', THEFLASH_ENGINE: '' };

test.serial('write, scan and serve by one file, from another folder', async (t) => {
  t.timeout(180_000);
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'theflash.toml');
  writeFileSync(
    file,
    `engine = "copy"
[write]
binlog = ["${shop}/binlog.000001", "${shop}/binlog.000002"]
include = ["shop.customers", "shop.orders"]
quiet = true
[scan]
format = "csv"
order-by = "id"
limit = 3
[serve]
listen = "127.0.0.1:0"
token-file = "token"
`,
  );
  const written = await runCli(['write', '--config', file], { env });
  t.is(written.code, 0, written.stderr);
  t.is(written.stderr, '');
  t.deepEqual(readdirSync(folder).sort(), ['copy', 'theflash.toml']);

  const expected = readFileSync(path.join(shop, 'expected/customers.tsv'), 'utf8').split('\n');
  const ids = (text: string, separator: string): (string | undefined)[] =>
    text.split('\n').map((line) => line.split(separator)[0]);
  const few = await runCli(['scan', 'shop.customers', '--config', file], { env });
  t.is(few.code, 0, few.stderr);
  t.deepEqual(ids(few.stdout.toString().trim(), ','), ids(expected.slice(0, 4).join('\n'), '\t'));
  const all = await runCli(['scan', 'shop.customers', '--no-limit'], {
    env: { ...env, THEFLASH_CONFIG: file },
  });
  t.deepEqual(
    ids(all.stdout.toString().trim(), ','),
    ids(expected.join('\n').trim(), '\t'),
    'the flag leaves the limit of the file out',
  );

  // A token that is too short is an error of its file, whose name the user did not type.
  writeFileSync(path.join(folder, 'token'), 'short');
  const refused = await runCli(['serve', '--config', file], { env });
  t.is(refused.code, 2);
  t.true(refused.stderr.includes(`--token-file is set in ${file}:12.`), refused.stderr);
  writeFileSync(path.join(folder, 'token'), 'a-token-0123456789');
  const served = startCli(['serve', '--config', file], { env });
  const port = await portOf(served);
  const remote = await openRemoteEngine(`tcp://127.0.0.1:${port}`, { token: 'a-token-0123456789' });
  t.deepEqual(await queryRows(remote, 'SELECT count() AS n FROM shop.customers'), [
    { n: BigInt(expected.filter((line) => line !== '').length - 1) },
  ]);
  await remote.close();
  served.child.kill('SIGTERM');
  t.is((await served.done).code, 0);
});

async function portOf(run: CliRun): Promise<string> {
  for await (const line of createInterface({ input: run.child.stdout ?? ([] as never) })) {
    const port = /^Listening on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error((await run.done).stderr);
}

test.serial('the example is taken, and serves', async (t) => {
  t.timeout(120_000);
  const plain = await runCli(['config', '--config', example, '--json'], { env });
  t.is(plain.code, 0, plain.stderr);
  const folder = temporaryFolder(t);
  const text = readFileSync(example, 'utf8')
    .replace('/var/lib/theflash/engine', 'engine')
    .replaceAll(/"127\.0\.0\.1:\d+"/g, '"127.0.0.1:0"')
    .replaceAll('db.example.com', '127.0.0.1:9')
    .replace('"require"', '"auto"');
  const file = path.join(folder, 'theflash.toml');
  writeFileSync(file, text);
  writeFileSync(path.join(folder, 'token'), 'a-token-0123456789');
  writeFileSync(path.join(folder, 'secret'), 'pw');
  const served = startCli(['serve', '--config', file], { env });
  const port = await portOf(served);
  const remote = await openRemoteEngine(`tcp://127.0.0.1:${port}`, { token: 'a-token-0123456789' });
  t.true(readdirSync(folder).includes('engine'));
  await remote.close();
  served.child.kill('SIGTERM');
  t.is((await served.done).code, 0);
});

test.serial('theflash config tells what is in force, from what, and exits by it', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'theflash.toml');
  writeFileSync(
    file,
    'engine = "copy"\n\n[serve]\nbinlog = "mysql://repl:sesame@db/"\nlisten = "127.0.0.1:1"\n[write]\nfollow = true\n',
  );
  chmodSync(file, 0o600);
  const show = async (...args: string[]): Promise<string> => {
    const run = await runCli(['config', ...args], {
      cwd: folder,
      env: { ...env, THEFLASH_ENGINE: '/elsewhere' },
    });
    t.is(run.code, 0, run.stderr);
    return run.stdout.toString().replaceAll(folder, '/etc/theflash');
  };
  t.snapshot(await show('--config', 'theflash.toml'));
  t.snapshot(
    await show('serve', '--config', 'theflash.toml', '--listen', '0.0.0.0:2', '--no-binlog'),
  );
  t.snapshot(await show());
  t.is(
    await show('serve', '--config', 'theflash.toml'),
    await show('--config', 'theflash.toml', 'serve'),
  );

  const json = JSON.parse(await show('--config', 'theflash.toml', '--json')) as {
    version: number;
    file: string;
    commands: {
      command: string;
      settings: { name: string; value: unknown; from: object; over: object[] }[];
    }[];
  };
  t.is(json.version, 1);
  t.is(json.file, 'theflash.toml');
  const serve = json.commands.find(({ command }) => command === 'serve');
  t.like(
    serve?.settings.find(({ name }) => name === 'engine'),
    {
      value: '/elsewhere',
      from: { kind: 'environment', variable: 'THEFLASH_ENGINE' },
    },
  );
  t.like(
    serve?.settings.find(({ name }) => name === 'binlog'),
    {
      value: 'mysql://repl:***@db/',
      from: { kind: 'file', line: 4 },
    },
  );

  writeFileSync(file, '[serve]\nlisen = "x"\n');
  for (const args of [['config'], ['config', 'scan'], ['tables'], ['spark-jar']]) {
    const wrong = await runCli([...args, '--config', file], { env });
    t.is(wrong.code, 2, args.join(' '));
    t.true(
      wrong.stderr.startsWith(`Error: ${file}:2: serve has no setting lisen. Did you mean listen?`),
    );
  }
  const other = await runCli(['config', 'serv'], { env });
  t.is(other.code, 2);
  t.regex(other.stderr, /Did you mean serve\?/);
  const missing = await runCli(['tables'], { env: { ...env, THEFLASH_CONFIG: `${file}.gone` } });
  t.is(missing.code, 1);
  t.regex(missing.stderr, /THEFLASH_CONFIG names it/);
});

test.serial('a file that comes through a pipe is taken', (t) => {
  const toml = 'engine = "/nowhere/at/all"\n[scan]\nlimit = 7\n';
  for (const words of ['config', 'config scan', 'tables']) {
    const script = `"$0" "$1" ${words} --config <(printf %s "$2")`;
    const args = ['-c', script, process.execPath, cliEntry, toml];
    const run = spawnSync('bash', args, { encoding: 'utf8', env: { ...process.env, ...env } });
    t.regex(run.stdout + run.stderr, /\/nowhere\/at\/all/, words);
  }
});

test('a command without a config file loads no parser of it', (t) => {
  const commands = path.join(path.dirname(cliEntry), '../dist/commands');
  for (const name of readdirSync(commands).filter((each) => each.endsWith('.js'))) {
    const loaded = loadedWith(path.join(commands, name));
    const has = [...loaded].some((file) => readFileSync(file, 'utf8').includes('smol-toml'));
    t.is(has, name === 'config.js', name);
  }
});

/** The files of dist/ that are loaded with one, at once. */
function loadedWith(entry: string): ReadonlySet<string> {
  const loaded = new Set([entry]);
  for (const file of loaded) {
    const text = readFileSync(file, 'utf8');
    for (const [, from = ''] of text.matchAll(
      /^(?:import|\} from|import .* from) "(\.[^"]+)";/gm,
    )) {
      loaded.add(path.resolve(path.dirname(file), from));
    }
  }
  return loaded;
}
