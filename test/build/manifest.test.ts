import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
  hashInputs,
  type Libchdb,
  type Manifest,
  measurePart,
  parseBuildInfo,
  partsArePresent,
  readManifest,
  writeManifest,
} from '../../src/build/index.js';

const libchdb: Libchdb = {
  packageName: '@chdb/lib-linux-x64-gnu',
  version: '26.7.3-stable.1',
  file: '/nowhere/libchdb.so',
  sizeBytes: 5,
  modifiedMs: 7,
};

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-manifest-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('the inputs change with a file, a name, the engine and the release, and with nothing else', async (t) => {
  await withFolder(async (folder) => {
    await mkdir(path.join(folder, 'sub'));
    await writeFile(path.join(folder, 'a'), '1');
    await writeFile(path.join(folder, 'sub', 'b'), '2');
    const first = await hashInputs([folder], libchdb, '0.1.0');
    t.is(await hashInputs([folder], { ...libchdb, file: '/elsewhere' }, '0.1.0'), first);
    const others = [
      await hashInputs([folder], { ...libchdb, sizeBytes: 6 }, '0.1.0'),
      await hashInputs([folder], { ...libchdb, modifiedMs: 8 }, '0.1.0'),
      await hashInputs([folder], libchdb, '0.2.0'),
    ];
    await writeFile(path.join(folder, 'sub', 'b'), '3');
    others.push(await hashInputs([folder], libchdb, '0.1.0'));
    await writeFile(path.join(folder, 'sub', 'b'), '2');
    await writeFile(path.join(folder, 'c'), '');
    others.push(await hashInputs([folder], libchdb, '0.1.0'));
    t.is(new Set([first, ...others]).size, 6);
  });
});

test('a manifest is read back as written, and its parts are looked for', async (t) => {
  await withFolder(async (folder) => {
    t.is(await readManifest(folder), undefined);
    await writeFile(path.join(folder, 'ch.so'), 'abc');
    const part = await measurePart(folder, 'ch.so');
    t.deepEqual(part, {
      path: 'ch.so',
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    const manifest: Manifest = {
      theflash: '0.1.0',
      engine: '26.7.2.1',
      chdb: '26.7.3',
      package: 'p@1',
      patchLevel: 'x',
      patches: ['a'],
      abi: 2,
      parts: [part],
      inputs: 'i',
    };
    await writeManifest(manifest, folder);
    t.deepEqual(await readManifest(folder), manifest);
    t.true(await partsArePresent(manifest, folder));
    await writeFile(path.join(folder, 'ch.so'), 'ab');
    t.false(await partsArePresent(manifest, folder));
    await rm(path.join(folder, 'ch.so'));
    t.false(await partsArePresent(manifest, folder));
    await writeFile(path.join(folder, 'manifest.json'), '{"inputs":1}');
    t.is(await readManifest(folder), undefined);
    await writeFile(path.join(folder, 'manifest.json'), '{');
    t.is(await readManifest(folder), undefined);
  });
});

test('what ch.so says of itself is taken only in its shape', (t) => {
  const info = { abi: 2, engine: '26.7.2.1', chdb: '26.7.3', patches: ['a'] };
  t.deepEqual(parseBuildInfo(JSON.stringify(info)), info);
  for (const text of ['', '{', 'null', '{}', JSON.stringify({ ...info, abi: '1' })]) {
    t.is(parseBuildInfo(text), undefined, text);
  }
});
