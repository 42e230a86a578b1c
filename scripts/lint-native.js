// `npm run lint:native`: clang-tidy on native/; some minutes. Needs what build-ch has built.
import { runClangTidy } from './testing/clang-tidy.js';

const { passed = 0, failed = 0, skipped = 0, note, output } = await runClangTidy();
if (failed > 0) console.log(output);
if (note !== undefined) console.log(`skipped: ${note}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
