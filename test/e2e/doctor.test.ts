// Goal: `theflash doctor` finds each of ten faults, and says what to type. Method: the built command, with faults that are
// real: no ch.so, no libchdb, no compiler, no JDK, a folder that can't be written, few open files, an engine that is none,
// and servers that are away, log statements, give no rights or keep their logs for an hour.
import { execFile } from 'node:child_process';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { findLibraryFile } from '../../src/engine/index.js';
import {
  judgeClock,
  judgeDisk,
  judgeFsync,
  judgeMemory,
  judgeNode,
  judgeSandbox,
} from '../../src/cli/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { cliEntry, runCliWell, temporaryFolder } from './cli.js';

interface Findings {
  code: number;
  /** `check status`, and what to type. */
  found: Map<string, string>;
}

/** Runs it in a shell, with a setting before. */
function runDoctor(
  args: readonly string[],
  env: Record<string, string> = {},
  before = ':',
): Promise<Findings> {
  const command = [process.execPath, cliEntry, 'doctor', '--json', ...args].map(
    (word) => `'${word}'`,
  );
  return new Promise((resolve, reject) => {
    const line = `${before}; exec ${command.join(' ')}`;
    execFile(
      '/bin/sh',
      ['-c', line],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        try {
          const { findings } = JSON.parse(stdout) as {
            findings: { check: string; status: string; mend: string | null }[];
          };
          const found = new Map(
            findings.map((each) => [`${each.check} ${each.status}`, each.mend ?? '']),
          );
          resolve({ code: error === null ? 0 : Number(error.code), found });
        } catch {
          reject(new Error(`${stdout}\n${stderr}`));
        }
      },
    );
  });
}

test.serial('a bare machine: six faults are found at once', async (t) => {
  t.timeout(900_000);
  const { code, found } = await runDoctor(
    ['--engine', '/proc/copy', '--source', 'mysql://root@127.0.0.1:1/'],
    { PATH: '/nonexistent', THEFLASH_CH_SO: '/nonexistent/ch.so' },
    'ulimit -n 512',
  );
  t.is(code, 1);
  t.is(found.get('ch.so fail'), 'theflash build-ch');
  t.is(found.get('compiler fail'), 'apt-get install cmake g++');
  t.regex(found.get('disk fail') ?? '', /--engine DIR/);
  t.regex(found.get('open files fail') ?? '', /ulimit -n 65536/);
  t.true(found.has('source fail'), [...found.keys()].join());
  t.regex(found.get('jdk warn') ?? '', /apt-get install openjdk/);
});

testSerialWith('mariadb')(
  'an engine and a source: five more, and none where all is well',
  async (t) => {
    t.timeout(900_000);
    const server = await startServerOfKind('mariadb');
    t.teardown(server.stop);
    const url = `mysql://root@127.0.0.1:${server.port}/`;
    const folder = temporaryFolder(t);
    const engine = path.join(folder, 'engine');
    await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)');
    await runCliWell(['write', '--engine', engine, '--binlog', url, '--until', 'now']);
    const well = await runDoctor(['--engine', engine, '--source', url]);
    t.is(well.code, 0, [...well.found].join());
    for (const each of ['ch.so', 'libchdb', 'engine', 'clock', 'source'])
      t.true(well.found.has(`${each} ok`), each);

    await server.query("SET GLOBAL expire_logs_days = 0.04; CREATE USER few@'%' IDENTIFIED BY 'x'");
    const alone = await mkdtemp(path.join(folder, 'lib-'));
    await symlink(findLibraryFile(), path.join(alone, 'ch.so'));
    const short = await runDoctor(['--engine', engine, '--source', url], {
      THEFLASH_CH_SO: path.join(alone, 'ch.so'),
    });
    t.is(short.code, 1);
    t.is(short.found.get('libchdb fail'), 'theflash build-ch');
    t.regex(short.found.get('source settings warn') ?? '', /SET GLOBAL binlog_expire_logs_seconds/);

    const none = path.join(folder, 'none');
    await writeFile(none, 'no engine');
    const few = await runDoctor([
      '--engine',
      none,
      '--source',
      `mysql://few:x@127.0.0.1:${server.port}/`,
    ]);
    t.is(few.code, 1);
    t.true(few.found.has('engine fail'), [...few.found.keys()].join());
    t.regex(few.found.get('source fail') ?? '', /GRANT/);

    await server.query("SET GLOBAL binlog_format = 'STATEMENT'");
    const statements = await runDoctor(['--engine', engine, '--source', url]);
    t.is(statements.code, 1);
    t.regex(statements.found.get('source fail') ?? '', /SET GLOBAL binlog_format = 'ROW'/);
  },
);

test('what a machine lacks is told from what it has', (t) => {
  t.is(judgeDisk('/d', 1e8, 1e12).status, 'fail');
  t.is(judgeDisk('/d', 5e9, 1e12).status, 'warn');
  t.is(judgeDisk('/d', 5e11, 1e12).status, 'ok');
  t.is(judgeFsync(200).status, 'warn');
  t.is(judgeFsync(2).status, 'ok');
  t.is(judgeMemory(4e8).status, 'fail');
  t.is(judgeMemory(1e9).status, 'warn');
  t.is(judgeMemory(8e9).status, 'ok');
  t.is(judgeClock(0, undefined).status, 'fail');
  t.is(judgeClock(Date.now(), -30_000).status, 'warn');
  t.is(judgeClock(Date.now(), 100).status, 'ok');
  t.is(judgeSandbox('none').status, 'warn');
  t.is(judgeNode('18.20.0').status, 'fail');
  t.is(judgeNode('20.19.0').status, 'ok');
});
