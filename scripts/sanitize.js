// `npm run sanitize`: the tests of native/ that need no engine, under sanitizers; about two minutes.
// Needs what build-ch has built.
import { runSanitizers } from './testing/sanitize.js';

const { passed = 0, failed = 0, skipped = 0, note, output } = await runSanitizers();
if (failed > 0) console.log(output);
if (note !== undefined) console.log(`skipped: ${note}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
