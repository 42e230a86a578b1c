import path from 'node:path';
import { root, run } from './child.js';

/** Programs of native/test that need no engine; libchdb bears no sanitizer. */
const programs = ['theflash_test', 'theflash_sql_test', 'theflash_hostile_test'];
const presets = ['asan', 'tsan'];

/** Builds what needs no engine with AddressSanitizer and UBSan, then with ThreadSanitizer, and runs it. */
export async function runSanitizers() {
  for (const program of ['cmake', 'ninja']) {
    const { code } = await run(program, ['--version']);
    if (code !== 0)
      return { skipped: 1, note: `${program} is not installed (apt: cmake ninja-build)` };
  }
  const total = { passed: 0, failed: 0, output: '' };
  for (const preset of presets) {
    const folder = path.join(root, 'build', 'native', preset);
    const configured = await run('cmake', ['--preset', preset, '-S', path.join(root, 'native')]);
    const build = ['--build', folder, '--parallel', '2', '--target', ...programs];
    const built = configured.code === 0 ? await run('cmake', build) : configured;
    if (built.code !== 0) return { ...total, failed: total.failed + 1, output: built.output };
    for (const program of programs) {
      const { code, output } = await run(path.join(folder, 'test', program), []);
      total[code === 0 ? 'passed' : 'failed'] += 1;
      if (code !== 0) total.output += output;
    }
  }
  return total;
}
