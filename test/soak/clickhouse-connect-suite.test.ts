// Goal: clickhouse-connect's own integration tests pass against `theflash serve --http`, but for those that
// clickhouse-connect-skipped.txt lists with a reason. Method: the tests of a checkout that lies somewhere
// beside this project (THEFLASH_CLICKHOUSE_CONNECT names it), with the client as PyPI ships it, in a virtual
// environment under build/; all are run, so that the list can't name one that passes.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { projectRoot } from '../../src/build/index.js';
import { installPython, passOver } from '../python-packages.js';
import { serveNewEngine, type ServedEngine } from './served-engine.js';

/** The release that has what the tests ask for: a checkout of its time fits. */
const version = '1.8.0';
const leastShare = 0.95;
const packages = [
  ...[`clickhouse-connect==${version}`, 'aiohttp', 'lz4', 'zstandard', 'backports.zstd', 'tzlocal'],
  ...['pytest', 'pytest-asyncio', 'pytest-mock', 'pytest-timeout', 'pytest-xdist', 'pytest-dotenv'],
  ...['numpy>=2', 'pandas>=2,<3.1', 'pyarrow', 'polars>=1', 'sqlalchemy>=2,<3', 'alembic>=1.18'],
  'pyjwt[crypto]',
];

/** A line of the list. */
interface Skipped {
  pattern: string;
  reason: string;
  fits: (name: string) => boolean;
}

/** What a test came to, by its name below tests/integration_tests. */
type Outcomes = ReadonlyMap<string, string>;

/** `pattern  reason` a line; `*` stands for anything, and a name without […] for all of its cases. */
function readSkipped(text: string): Skipped[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, pattern = '', reason = ''] = /^(\S+) {2,}(\S.*)$/.exec(line) ?? [];
    if (pattern === '') throw new Error(`No pattern and reason, two spaces between: ${line}`);
    const source = pattern.replace(/[.?+^$()|[\]{}\\]/g, '\\$&').replaceAll('*', '.*');
    const whole = new RegExp(`^${source}${pattern.endsWith(']') ? '' : '(\\[.*\\])?'}$`);
    return { pattern, reason, fits: (name) => whole.test(name) };
  });
}

/** Runs all tests, in a folder in which the checkout's client is not in the way. */
async function runSuite(
  checkout: string,
  { python, folder }: { python: string; folder: string },
  { work, httpPort, token }: ServedEngine,
): Promise<Outcomes> {
  await cp(path.join(checkout, 'tests'), path.join(work, 'tests'), { recursive: true });
  const report = path.join(work, 'report');
  await writeFile(report, '');
  const options = ['-p', 'theflash_suite', '-p', 'no:cacheprovider', '-n', '2', '--timeout', '300'];
  const loop = ['-o', 'asyncio_default_fixture_loop_scope=session'];
  const { exitCode, all } = await execa(
    python,
    ['-m', 'pytest', '-q', '--tb=short', ...options, ...loop, 'tests/integration_tests'],
    {
      cwd: work,
      reject: false,
      all: true,
      env: {
        PYTHONPATH: path.join(projectRoot, 'test/soak'),
        PYTHONDONTWRITEBYTECODE: '1',
        THEFLASH_SUITE_REPORT: report,
        // How many random cases a test tries.
        CLICKHOUSE_CONNECT_TEST_FUZZ: '30',
        CLICKHOUSE_CONNECT_TEST_HOST: '127.0.0.1',
        CLICKHOUSE_CONNECT_TEST_PORT: `${httpPort}`,
        CLICKHOUSE_CONNECT_TEST_USER: 'default',
        CLICKHOUSE_CONNECT_TEST_PASSWORD: token,
      },
    },
  );
  // 0: all passed; 1: some failed.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`pytest can't: ${all.slice(-2000)}`);
  const outcomes = new Map<string, string>();
  for (const line of (await readFile(report, 'utf8')).trim().split('\n')) {
    const [outcome = '', id = ''] = line.split('\t');
    const name = id.replace('tests/integration_tests/', '');
    if (outcomes.get(name) !== 'failed') outcomes.set(name, outcome);
  }
  await writeFile(path.join(folder, 'last-run.txt'), all);
  return outcomes;
}

/** Figures by module, of what is on the list apart. */
function tell(outcomes: Outcomes, isListed: (name: string) => boolean): string[] {
  const modules = new Map<string, Map<string, number>>();
  for (const [name, outcome] of outcomes) {
    const module = name.replace(/::.*/s, '');
    const counts = modules.get(module) ?? new Map<string, number>();
    modules.set(module, counts);
    const kind = isListed(name) ? 'listed' : outcome;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...modules].map(([module, counts]) => {
    const figures = ['passed', 'failed', 'listed', 'skipped'].map((kind) => {
      return `${counts.get(kind) ?? 0} ${kind}`;
    });
    return `${module}: ${figures.join(', ')}`;
  });
}

test('clickhouse-connect passes its own tests', async (t) => {
  const checkout = process.env['THEFLASH_CLICKHOUSE_CONNECT'];
  if (checkout === undefined) {
    return passOver(t, { missing: 'THEFLASH_CLICKHOUSE_CONNECT names no checkout of its source' });
  }
  const installed = await installPython(`clickhouse-connect-suite-${version}`, packages);
  if (installed.missing !== undefined) return passOver(t, installed);
  const server = await serveNewEngine(t);
  const outcomes = await runSuite(checkout, installed, server);
  await server.stop();
  const list = path.join(projectRoot, 'test/soak/clickhouse-connect-skipped.txt');
  const skipped = readSkipped(await readFile(list, 'utf8'));
  const isListed = (name: string): boolean => skipped.some(({ fits }) => fits(name));
  t.log(tell(outcomes, isListed).join('\n'));
  const namesOf = (outcome: string): string[] =>
    [...outcomes].flatMap(([name, each]) => (each === outcome && !isListed(name) ? [name] : []));
  const [passed, failed] = [namesOf('passed'), namesOf('failed')];
  const share = passed.length / (passed.length + failed.length);
  t.log(`${passed.length} passed, ${failed.length} failed: ${(100 * share).toFixed(1)} %`);
  t.log(failed.map((name) => `failed: ${name}`).join('\n'));
  t.true(passed.length > 500, 'the suite is there');
  t.true(share >= leastShare, `less than ${100 * leastShare} %`);
  const rotten = skipped.filter(({ fits }) => ![...outcomes.keys()].some(fits));
  t.deepEqual(
    rotten.map(({ pattern }) => pattern),
    [],
    'entries that name no test',
  );
  const mended = [...outcomes].filter(([name, outcome]) => outcome === 'passed' && isListed(name));
  t.deepEqual(
    mended.map(([name]) => name),
    [],
    'entries that pass now: take them off the list',
  );
});
