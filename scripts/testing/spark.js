import path from 'node:path';
import { root, run } from './child.js';

/**
 * Checks the connector's format, builds it for one Spark of each generation, and runs its tests
 * against real servers: all of them on 4.0, and on 3.5 those that differ by Spark's version.
 */
export function runSparkTests() {
  return runMaven(['--projects', 'core,spark,spark-3.5_2.12,spark-4.0_2.13']);
}

/** Builds it for every Spark, with all tests on each, those that take minutes too. */
export function runSparkMatrix() {
  return runMaven(['-Dgroups=', '-DexcludedGroups=']);
}

async function runMaven(settings) {
  for (const [program, flag, name] of [
    ['javac', '-version', 'openjdk-17-jdk-headless'],
    ['mvn', '--version', 'maven'],
  ]) {
    const { code } = await run(program, [flag]);
    if (code !== 0) return { skipped: 1, note: `${program} is not installed (apt: ${name})` };
  }
  const pom = path.join(root, 'spark-connector', 'pom.xml');
  const goals = ['spotless:check', 'verify'];
  const args = ['--file', pom, '--batch-mode', '--no-transfer-progress', '--fail-at-end'];
  return countTests(await run('mvn', [...args, ...settings, ...goals]));
}

/** Surefire closes each module with "Tests run: 17, Failures: 0, Errors: 0, Skipped: 0". */
function countTests({ code, output }) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const closing = /Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)\s*$/gm;
  for (const [, tests, failures, errors, skipped] of output.matchAll(closing)) {
    count.failed += Number(failures) + Number(errors);
    count.skipped += Number(skipped);
    count.passed += Number(tests) - Number(failures) - Number(errors) - Number(skipped);
  }
  if (code === 0 && count.passed > 0) return count;
  const errors = output.split('\n').filter((line) => line.startsWith('[ERROR]'));
  return { ...count, failed: Math.max(1, count.failed), output: errors.slice(0, 100).join('\n') };
}
