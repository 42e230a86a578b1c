import path from 'node:path';
import { root, run } from './child.js';

/** Where build-ch has compiled ch.so: its objects serve the tests too. */
const buildFolder = path.join(root, 'build', 'cmake');

/** Builds the GoogleTest tests of native/, after build-ch, and runs them by ctest. */
export async function runNativeTests() {
  for (const program of ['cmake', 'ctest']) {
    const { code } = await run(program, ['--version']);
    if (code !== 0) return { skipped: 1, note: `${program} is not installed (apt: cmake)` };
  }
  if (!(await hasGoogleTest())) {
    return { skipped: 1, note: 'GoogleTest is not installed (apt: libgtest-dev)' };
  }
  const configure = ['-S', 'native', '-B', buildFolder, '-DBUILD_TESTING=ON'];
  const configured = await run('cmake', configure);
  if (configured.code !== 0) return { failed: 1, output: configured.output };
  const built = await run('cmake', ['--build', buildFolder, '--parallel', '2']);
  if (built.code !== 0) return { failed: 1, output: built.output };
  return countTests(await run('ctest', ['--test-dir', buildFolder, '--output-on-failure']));
}

async function hasGoogleTest() {
  const probe = ['-E', '-x', 'c++', '-include', 'gtest/gtest.h', '-o', '/dev/null', '/dev/null'];
  return (await run('g++', probe)).code === 0;
}

/** ctest says "97% tests passed, 1 tests failed out of 30", and "No tests were found!!!". */
function countTests({ code, output }) {
  const match = /tests passed, (\d+) tests failed out of (\d+)/.exec(output);
  if (match === null) return { failed: 1, output };
  const failed = Number(match[1]);
  const skipped = (output.match(/\*\*\*Skipped/g) ?? []).length;
  const passed = Number(match[2]) - failed - skipped;
  const broken = passed + failed === 0 || (code !== 0 && failed === 0);
  return { passed, failed: broken ? 1 : failed, skipped, output: code === 0 ? '' : output };
}
