import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { findToolchain, libchdbPackage } from '../../src/build/index.js';
import { FlashError } from '../../src/protocol/index.js';

async function withPrograms(
  names: readonly string[],
  work: (searchPath: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-tools-'));
  try {
    for (const name of names) {
      await writeFile(path.join(folder, name), '#!/bin/sh\n');
      await chmod(path.join(folder, name), 0o755);
    }
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('an empty PATH names everything that is missing, and the packages that bring it', async (t) => {
  const error = await t.throwsAsync(findToolchain(''), { instanceOf: FlashError });
  t.is(error.code, 'TOOL');
  t.is(
    error.message,
    "ch.so can't be built: the PATH has no CMake, a C++ compiler, make or ninja.",
  );
  t.is(error.hint, 'On Debian and Ubuntu: sudo apt-get install cmake g++ make');
});

test('only what is missing is named', async (t) => {
  await withPrograms(['g++', 'make'], async (searchPath) => {
    const error = await t.throwsAsync(findToolchain(searchPath), { instanceOf: FlashError });
    t.is(error.hint, 'On Debian and Ubuntu: sudo apt-get install cmake');
  });
});

test('ninja is used where it is there, else make', async (t) => {
  await withPrograms(['cmake', 'c++', 'make'], async (searchPath) => {
    const toolchain = await findToolchain(searchPath);
    t.is(toolchain.generator, 'Unix Makefiles');
    t.is(toolchain.cxx, path.join(searchPath, 'c++'));
  });
  await withPrograms(['cmake', 'g++', 'ninja'], async (searchPath) => {
    t.is((await findToolchain(searchPath)).generator, 'Ninja');
  });
});

test('a file that can not be run is no program', async (t) => {
  await withPrograms(['cmake', 'g++', 'make'], async (searchPath) => {
    await chmod(path.join(searchPath, 'cmake'), 0o644);
    await t.throwsAsync(findToolchain(searchPath), { message: /no CMake\./ });
  });
});

test('a platform that libchdb is not published for is told so', (t) => {
  t.is(libchdbPackage('linux', 'x64'), '@chdb/lib-linux-x64-gnu');
  t.throws(() => libchdbPackage('win32', 'x64'), {
    instanceOf: FlashError,
    message: /no libchdb for win32 on x64/,
  });
});
