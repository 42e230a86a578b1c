import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { buildSparkJar, projectRoot, Steps } from '../../src/build/index.js';
import { findProgram } from '../../src/build/toolchain.js';
import { startServing } from './serving.js';

const run = promisify(execFile);
const version = '3.5.6';
const searchPath = process.env['PATH'] ?? '';

for (const shaded of [false, true]) {
  const title = shaded ? 'the shaded jar' : 'the jar';
  test.serial(`PySpark reads a replayed shop with ${title} that spark-jar builds`, async (t) => {
    const reason = await whatIsMissing();
    if (reason !== undefined) {
      t.log(`skipped: ${reason}`);
      t.pass();
      return;
    }
    t.timeout(900_000, 'the first run downloads PySpark');
    const steps = new Steps({ write: () => true });
    const { jar, bytes } = await buildSparkJar({
      ...{ root: projectRoot, spark: '3.5', shaded, steps, searchPath, cacheFolder: tmpdir() },
    });
    t.true(bytes > (shaded ? 1_000_000 : 50_000));
    await readBy(t, await installPyspark(), jar);
  });
}

async function readBy(t: ExecutionContext, python: string, jar: string): Promise<void> {
  const server = await startServing();
  t.teardown(server.stop);
  const script = path.join(import.meta.dirname, 'read.py');
  const env = { ...process.env, PYSPARK_PYTHON: python };
  const { stdout } = await run(python, [script, server.endpoint, jar], { env });
  const line = stdout.split('\n').find((each) => each.startsWith('{')) ?? '';
  t.like(JSON.parse(line), {
    version,
    rows: 397,
    // The greatest id of examples/shop/expected/orders.tsv.
    python: 400,
    // What the README shows of the same logs.
    by_status: [
      ['new', 133, '26071.25'],
      ['paid', 212, '43681.06'],
      ['sent', 52, '9746.96'],
    ],
  });
}

async function whatIsMissing(): Promise<string | undefined> {
  for (const program of ['java', 'javac', 'mvn', 'python3']) {
    if ((await findProgram([program], searchPath)) === undefined) return `there is no ${program}`;
  }
  const venv = await run('python3', ['-c', 'import venv, ensurepip']).catch(() => undefined);
  return venv === undefined ? 'python3 has no venv (apt: python3-venv)' : undefined;
}

/** A Python with PySpark, kept in .cache: it is as large as Spark. */
async function installPyspark(): Promise<string> {
  const folder = path.join(projectRoot, '.cache', 'pyspark-3.5');
  const python = path.join(folder, 'bin', 'python');
  if (!existsSync(path.join(folder, 'bin', 'pyspark'))) {
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '-q', `pyspark==${version}`, 'setuptools']);
  }
  return python;
}
