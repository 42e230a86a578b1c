import test from 'ava';
import { runTheflash } from '../cli/run-theflash.js';

for (const command of ['scan', 'sql', 'tables', 'binlog', 'spark-jar', 'verify']) {
  test.serial(`the help of ${command} is what users were told`, async (t) => {
    const run = await runTheflash([command, '--help']);
    t.is(run.exitCode, 0);
    t.is(run.stderr, '');
    t.snapshot(run.stdoutText);
  });
}

test.serial('a wrong flag is one line on stderr and exit code 2', async (t) => {
  const run = await runTheflash(['tables', '--nope']);
  t.is(run.exitCode, 2);
  t.is(run.stdoutText, '');
  t.is(
    run.stderr,
    'Error: Nonexistent flag: --nope. Run the command with --help for its flags and examples.\n',
  );
});

test.serial('a wrong flag with --json is a document on stdout', async (t) => {
  const run = await runTheflash(['tables', '--nope', '--json']);
  t.is(run.exitCode, 2);
  t.is(run.stderr, '');
  t.snapshot(JSON.parse(run.stdoutText));
});

test.serial('a mistyped flag leads to the nearest', async (t) => {
  const run = await runTheflash(['scan', '--formt', 'csv']);
  t.is(run.exitCode, 2);
  t.regex(run.stderr, /^Error: Nonexistent flag: --formt\. Did you mean --format\? .*\n$/);
});

test.serial('a mistyped command leads to the nearest, also in --json and in help', async (t) => {
  for (const args of [['tabels'], ['tabels', 'shop.orders', '--limit', '1'], ['help', 'tabels']]) {
    const run = await runTheflash(args);
    t.is(run.exitCode, 2);
    t.is(run.stdoutText, '');
    t.is(
      run.stderr,
      'Error: Command tabels not found. Did you mean tables? `theflash help` lists the commands.\n',
    );
  }
  const run = await runTheflash(['tabels', '--json']);
  t.is(run.exitCode, 2);
  t.like(JSON.parse(run.stdoutText), { error: { code: 'INVALID_REQUEST' } });
});

test.serial('help tells what --help does', async (t) => {
  for (const command of [[], ['scan']]) {
    const [asked, flagged] = [
      await runTheflash(['help', ...command]),
      await runTheflash([...command, '--help']),
    ];
    t.is(asked.exitCode, 0);
    t.true(asked.stdoutText.includes('USAGE'));
    t.is(asked.stdoutText, flagged.stdoutText);
  }
});

test.serial('a number out of range is wrong usage', async (t) => {
  const run = await runTheflash(['scan', '--limit', '-1']);
  t.is(run.exitCode, 2);
  t.regex(run.stderr, /^Error: Parsing --limit .*\n$/);
});

test.serial('a command that does not exist is wrong usage', async (t) => {
  const run = await runTheflash(['scam']);
  t.is(run.exitCode, 2);
  t.regex(run.stderr, /scam not found/);
});

test.serial('engines that no build can reach are wrong usage', async (t) => {
  const run = await runTheflash(['tables', '--engine', 'http://localhost:9330']);
  t.is(run.exitCode, 2);
  t.is(
    run.stderr,
    'Error: No engine is reached by http://: http://localhost:9330. Give --engine a folder that `theflash write` filled, tcp://host:port or tls://host:port.\n',
  );
});
