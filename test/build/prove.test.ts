import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  buildEngine,
  type CheckTarget,
  parseCheck,
  type Patch,
  projectRoot,
  provePatch,
  readManifest,
  readPatchSeries,
  Steps,
} from '../../src/build/index.js';
import { FlashError } from '../../src/protocol/index.js';

// These run on the real engine, through what build-ch has built.
const target: CheckTarget = {
  tfCheck: path.join(projectRoot, 'build', 'cmake', 'tools', 'tf_check'),
  libchdb: path.join(projectRoot, 'build', 'ch', 'libchdb.so'),
};

async function isBuilt(t: ExecutionContext): Promise<boolean> {
  try {
    await access(target.tfCheck);
    await access(target.libchdb);
    return true;
  } catch {
    t.log('skipped: run `theflash build-ch` first');
    t.pass();
    return false;
  }
}

function makePatch(check: string, usersXml?: string): Patch {
  return {
    name: 'tried',
    summary: 'a patch of this test',
    since: '26.7',
    sqlLayer: false,
    droppedByAllowExternal: false,
    configXml: undefined,
    usersXml,
    checks: [parseCheck(check, 'tried/check.test')],
  };
}

async function prove(patch: Patch) {
  const series = await readPatchSeries(path.join(projectRoot, 'ch-patches'));
  return await provePatch({ ...series, patches: [...series.patches, patch] }, patch, target);
}

const joinUseNulls =
  '<clickhouse><profiles><default><join_use_nulls>1</join_use_nulls></default></profiles></clickhouse>';

test('a patch holds where its check holds with it and fails without it', async (t) => {
  if (!(await isBuilt(t))) return;
  const proof = await prove(
    makePatch(">> SELECT getSetting('join_use_nulls')\ntrue", joinUseNulls),
  );
  t.deepEqual(proof, { patch: 'tried', failure: undefined, needed: true });
});

test('a patch whose check holds without it is told apart: it proves nothing', async (t) => {
  if (!(await isBuilt(t))) return;
  const proof = await prove(makePatch('>> SELECT 1\n1', joinUseNulls));
  t.deepEqual(proof, { patch: 'tried', failure: undefined, needed: false });
});

test('a patch that does not hold names the first step that came out otherwise', async (t) => {
  if (!(await isBuilt(t))) return;
  const proof = await prove(makePatch('>> SELECT 1\n1\n>> SELECT missing\n2\n>> SELECT 3\n4'));
  t.is(proof.failure?.line, 3);
  t.is(proof.failure?.statement, 'SELECT missing');
  t.regex(proof.failure?.difference ?? '', /got error 47/);
});

test('data lasts over @reopen', async (t) => {
  if (!(await isBuilt(t))) return;
  const check = [
    '>> CREATE DATABASE db',
    '>> CREATE TABLE db.t (k Int8) ENGINE = MergeTree ORDER BY k',
    '>> INSERT INTO db.t VALUES (1)',
    '@reopen',
    '>> SELECT k FROM db.t',
    '1',
  ].join('\n');
  t.is((await prove(makePatch(check))).failure, undefined);
});

test('an engine that can not start is a failure with its reason', async (t) => {
  if (!(await isBuilt(t))) return;
  const proof = await prove(makePatch('>> SELECT 1\n1', '<clickhouse><not closed'));
  t.regex(proof.failure?.difference ?? '', /^the engine ended: exit code/);
});

test('a second run with nothing changed does nothing: it asks for no compiler', async (t) => {
  const before = await readManifest(path.join(projectRoot, 'build', 'ch'));
  const steps = new Steps({ write: () => true });
  try {
    const result = await buildEngine({ root: projectRoot, steps, searchPath: '' });
    t.false(result.rebuilt);
    t.deepEqual(result.manifest, before);
  } catch (error) {
    // The tree was changed after its last build: then the compiler is what it must ask for.
    t.true(error instanceof FlashError && error.code === 'TOOL', String(error));
    t.log('skipped: run `theflash build-ch` first');
  }
});

test('a first run without a compiler stops before it writes anything', async (t) => {
  const root = await mkdtemp(path.join(tmpdir(), 'theflash-build-'));
  try {
    await mkdir(path.join(root, 'native'));
    await mkdir(path.join(root, 'ch-patches'));
    await writeFile(path.join(root, 'package.json'), '{"version":"9.9.9"}');
    await symlink(path.join(projectRoot, 'node_modules'), path.join(root, 'node_modules'));
    const steps = new Steps({ write: () => true });
    const error = await t.throwsAsync(buildEngine({ root, steps, searchPath: '' }), {
      instanceOf: FlashError,
    });
    t.is(error.hint, 'On Debian and Ubuntu: sudo apt-get install cmake g++ make');
    await t.throwsAsync(access(path.join(root, 'build')), { code: 'ENOENT' });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
