// `npm test`: everything from a fresh clone to the last line `N passed, N failed`.
// Needs Node alone: what else it wants it installs by npm, or says that it skips.
import { runAva } from './testing/ava.js';
import { run } from './testing/child.js';
import { checks, verdict } from './testing/checks.js';
import { runClangTidy } from './testing/clang-tidy.js';
import { install } from './testing/install.js';
import { runNativeTests } from './testing/native.js';
import { runSanitizers } from './testing/sanitize.js';
import { runSparkMatrix, runSparkTests } from './testing/spark.js';

const usage = 'Usage: node scripts/test.js [--soak]';

const setUp = [
  { name: 'npm packages', run: install, needed: true },
  { name: 'build', run: build, needed: true },
  { name: 'build-ch', run: buildEngine, needed: true },
];
// Two lanes at a time: Maven and the JVMs that it starts, one after the other, leave half a machine of two cores
// idle, and so do the checks. The tests, which need all of it, come after them.
const fullRun = [
  [setUp],
  [
    [...checks, { name: 'native tests', run: runNativeTests }],
    [{ name: 'Spark connector', run: runSparkTests }],
  ],
  [[{ name: 'tests', run: () => runAva('ava.config.js', { inMemory: true }) }]],
];
const soakRun = [
  [setUp],
  [
    [
      { name: 'sanitizers', run: runSanitizers },
      { name: 'clang-tidy', run: runClangTidy },
      { name: 'Spark connector on every Spark', run: runSparkMatrix },
      { name: 'soak tests', run: () => runAva('ava.soak.config.js') },
    ],
  ],
];

async function build() {
  return verdict(await run(process.execPath, ['scripts/build.js']));
}

async function buildEngine() {
  return verdict(await run(process.execPath, ['bin/run.js', 'build-ch']));
}

/** Runs the stages in order, and the lanes of a stage side by side. */
async function runStages(stages) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const lanes of stages) {
    const ends = await Promise.all(lanes.map((steps) => runSteps(steps, total)));
    if (ends.includes('stop')) break;
  }
  return total;
}

async function runSteps(steps, total) {
  for (const step of steps) {
    const startMs = performance.now();
    const result = { passed: 0, failed: 0, skipped: 0, ...(await step.run()) };
    for (const kind of Object.keys(total)) total[kind] += result[kind];
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const note = result.note === undefined ? '' : ` (${result.note})`;
    console.log(`${seconds.padStart(7)} s  ${step.name}: ${summary(result)}${note}`);
    if (result.failed === 0) continue;
    console.log(result.output);
    if (step.needed) {
      console.log(`nothing else can run without "${step.name}"`);
      return 'stop';
    }
  }
  return 'go on';
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const options = process.argv.slice(2);
if (options.some((option) => option !== '--soak')) {
  console.error(usage);
  process.exit(2);
}
const startMs = performance.now();
const isSoak = options.includes('--soak');
// A red run is then of the change, not of what the inputs of the day have found.
if (!isSoak) process.env.SEED ??= '20261128';
// test/short-run.ts: what of the matrix of servers is left to the soak run.
if (!isSoak) process.env.THEFLASH_TESTS = 'short';
const total = await runStages(isSoak ? soakRun : fullRun);
console.log(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(7)} s  in all`);
console.log(summary(total));
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
