import { appendFile, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
  overlayFiles,
  overlayHeader,
  parseHeader,
  parseSeries,
  projectRoot,
  readPatchSeries,
} from '../../src/build/index.js';
import { FlashError } from '../../src/protocol/index.js';

const folder = path.join(projectRoot, 'ch-patches');

test('every folder of ch-patches but base is in the series, in its order', async (t) => {
  const series = await readPatchSeries(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const names = series.patches.map((patch) => patch.name);
  t.deepEqual([...names].sort(), folders.filter((name) => name !== 'base').sort());
  t.true(series.patches.every((patch) => patch.checks.length > 0));
});

test('the level of a series changes with its settings, and not with its checks', async (t) => {
  const scratch = await mkdtemp(path.join(tmpdir(), 'theflash-series-'));
  try {
    await cp(folder, scratch, { recursive: true });
    const { level } = await readPatchSeries(scratch);
    t.regex(level, /^[0-9a-f]{12}$/);
    await appendFile(path.join(scratch, 'durability', 'check.test'), '>> SELECT 1\n1\n');
    t.is((await readPatchSeries(scratch)).level, level);
    await appendFile(path.join(scratch, 'durability', 'config.xml'), '<!-- more -->\n');
    t.not((await readPatchSeries(scratch)).level, level);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
});

test('the overlay numbers its fragments in the order of the series, and can leave one out', async (t) => {
  const series = await readPatchSeries(folder);
  const paths = overlayFiles(series).map((file) => file.path);
  t.deepEqual(paths.slice(0, 3), ['config.xml', 'users.xml', 'config.d/01-durability.xml']);
  const without = overlayFiles(series, 'durability').map((file) => file.path);
  t.deepEqual(
    without,
    paths.filter((each) => !each.includes('durability')),
  );
});

test('the generated header holds every file, and which ones --allow-external drops', async (t) => {
  const series = await readPatchSeries(folder);
  const header = overlayHeader(series);
  for (const file of overlayFiles(series)) {
    t.true(header.includes(`{"${file.path}", R"tf_xml(${file.text})tf_xml"`), file.path);
  }
  const dropped = overlayFiles(series).filter((file) => file.droppedByAllowExternal);
  t.deepEqual(
    dropped.map((file) => path.basename(file.path, '.xml').slice(3)),
    ['no-way-out', 'no-way-out', 'allowed-settings'],
  );
});

test('a series file lists names; comments and blank lines mean nothing', (t) => {
  t.deepEqual(parseSeries('# first\na-b\n\n c2 \n', 'series'), ['a-b', 'c2']);
  t.throws(() => parseSeries('a\na\n', 'series'), { instanceOf: FlashError, message: /a twice/ });
  t.throws(() => parseSeries('../x\n', 'series'), { instanceOf: FlashError, message: /no.* name/ });
});

test('a patch.json with a missing, unknown or mistyped member is refused by name', (t) => {
  const header = { summary: 's', since: '26.5', sqlLayer: false, droppedByAllowExternal: false };
  t.deepEqual(parseHeader(JSON.stringify(header), 'p'), header);
  t.throws(() => parseHeader('{', 'p'), { message: /p\/patch.json is not JSON/ });
  t.throws(() => parseHeader('null', 'p'), { message: /no object/ });
  t.throws(() => parseHeader(JSON.stringify({ ...header, since: 26 }), 'p'), {
    message: /"since" must be a string/,
  });
  t.throws(() => parseHeader(JSON.stringify({ ...header, more: 1 }), 'p'), {
    message: /unknown member "more"/,
  });
});

test('a series that names a folder that is not there is refused', async (t) => {
  await t.throwsAsync(readPatchSeries(path.join(folder, 'durability')), {
    instanceOf: FlashError,
    message: /series can't be read/,
  });
});
