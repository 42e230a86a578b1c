import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { buildSparkJar, projectRoot, sparkVersions, Steps } from '../../src/build/index.js';
import { FlashError } from '../../src/protocol/index.js';

/** Makes a folder with programs that print what they are given. */
async function makeTools(tools: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-tools-'));
  for (const [name, output] of Object.entries(tools)) {
    const file = path.join(folder, name);
    await writeFile(file, `#!/bin/sh\n${output}\n`);
    await chmod(file, 0o755);
  }
  return folder;
}

const request = {
  root: projectRoot,
  spark: '3.5',
  shaded: false,
  steps: new Steps({ write: () => true }),
  cacheFolder: path.join(tmpdir(), 'theflash-cache'),
} as const;

const missing: readonly (readonly [string, Readonly<Record<string, string>>, RegExp, RegExp])[] = [
  ['both', {}, /no JDK and no Maven/, /apt-get install openjdk-17-jdk-headless maven/],
  ['Maven', { javac: 'echo javac 17.0.1' }, /has no Maven/, /install maven/],
  ['a JDK', { mvn: 'exit 0' }, /has no JDK/, /install openjdk-17-jdk-headless$/],
  [
    'a JDK that is new enough',
    { mvn: 'exit 0', javac: 'echo javac 11.0.2' },
    /version 17: .* is javac 11/,
    /openjdk-17/,
  ],
];
for (const [what, tools, message, hint] of missing) {
  test(`without ${what} the package that brings it is named`, async (t) => {
    const searchPath = await makeTools(tools);
    t.teardown(() => rm(searchPath, { recursive: true }));
    const error = await t.throwsAsync(buildSparkJar({ ...request, searchPath }), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'TOOL');
    t.regex(error.message, message);
    t.regex(error.hint ?? '', hint);
  });
}

test('a build that fails says why, and where the rest is', async (t) => {
  const mvn = 'echo "[INFO] x"; echo "[ERROR] No such symbol"; exit 1';
  const searchPath = await makeTools({ mvn, javac: 'echo javac 21' });
  t.teardown(() => rm(searchPath, { recursive: true }));
  const build = buildSparkJar({ ...request, searchPath: `${searchPath}:/usr/bin:/bin` });
  const error = await t.throwsAsync(build, { instanceOf: FlashError });
  t.is(error.message, 'mvn failed: [ERROR] No such symbol');
  t.regex(error.hint ?? '', /spark-3\.5_2\.12\.log/);
});

test('each Spark that is offered has its module, each module is offered, and its Spark is of that line', async (t) => {
  const connector = path.join(projectRoot, 'spark-connector');
  const parent = await readFile(path.join(connector, 'pom.xml'), 'utf8');
  const modules = [...parent.matchAll(/<module>spark-(.*)_(.*)<\/module>/g)];
  t.deepEqual([...new Set(modules.map(([, spark]) => spark))], [...sparkVersions]);
  for (const [, spark = '', scala = ''] of modules) {
    const pom = await readFile(path.join(connector, `spark-${spark}_${scala}`, 'pom.xml'), 'utf8');
    t.is(/<artifactId>theflash-spark-(\d.*)<\/artifactId>/.exec(pom)?.[1], `${spark}_${scala}`);
    t.true(/<spark.version>(.*)<\/spark.version>/.exec(pom)?.[1]?.startsWith(`${spark}.`), spark);
    t.is(/<scala.binary.version>(.*)<\/scala.binary.version>/.exec(pom)?.[1], scala);
  }
});

test('a Scala that Spark does not come with is refused', async (t) => {
  const build = buildSparkJar({ ...request, spark: '4.0', scala: '2.12', searchPath: '' });
  const error = await t.throwsAsync(build, { instanceOf: FlashError });
  t.is(error.code, 'INVALID_REQUEST');
});
