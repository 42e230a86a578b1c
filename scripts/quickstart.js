// `npm run quickstart`: from a fresh clone to a table in an Arrow file, step by step.
// Needs Node, npm, cmake and a C++20 compiler; everything else it installs itself.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './testing/child.js';
import { install } from './testing/install.js';

const theflash = ['bin/run.js'];
const logs = ['examples/shop/binlog.000001', 'examples/shop/binlog.000002'];
const out = 'out.arrow';

const steps = [
  {
    what: 'Install the npm packages',
    shown: 'npm ci',
    run: installPackages,
  },
  {
    what: 'Compile the TypeScript',
    shown: 'npm run build',
    run: () => run('npm', ['run', '--silent', 'build']),
  },
  {
    what: 'Patch the engine, prove each patch, compile and link ch.so',
    shown: 'npx theflash build-ch',
    run: () => run(process.execPath, [...theflash, 'build-ch']),
  },
  {
    what: "Replay a shop's binary logs, as MySQL 9.7 wrote them",
    shown: `npx theflash write --binlog ${logs.join(' ')}`,
    run: () => run(process.execPath, [...theflash, 'write', '--binlog', ...logs]),
  },
  {
    what: 'List the tables',
    shown: 'npx theflash tables',
    run: () => run(process.execPath, [...theflash, 'tables']),
  },
  {
    what: 'Scan one of them into an Arrow file',
    shown: `npx theflash scan shop.orders > ${out}`,
    run: () => run(process.execPath, [...theflash, 'scan', 'shop.orders'], { output: out }),
  },
];

async function installPackages() {
  const { passed, note, output } = await install();
  if (passed !== 1) console.error(output);
  else console.log(note);
  return passed === 1 ? 0 : 1;
}

/** Runs a program in the root folder and gives its exit code; its stdout may go to a file, as a shell does it. */
function run(command, args, { output } = {}) {
  const file = output === undefined ? undefined : openSync(path.join(root, output), 'w');
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', file ?? 'inherit', 'inherit'],
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.on('close', (code) => {
      if (file !== undefined) closeSync(file);
      resolve(code ?? 1);
    });
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node 20.19 or later is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

checkNode();
const startMs = performance.now();
for (const [index, step] of steps.entries()) {
  const stepMs = performance.now();
  console.log(`\n[${index + 1}/${steps.length}] ${step.what}\n$ ${step.shown}`);
  const code = await step.run();
  if (code !== 0) {
    console.error(
      `\nStopped at step ${index + 1}: \`${step.shown}\` ended with exit code ${code}.`,
    );
    console.error(
      'Mend what it says above, then run `npm run quickstart` again: it goes on from there.',
    );
    process.exit(1);
  }
  console.log(`(${((performance.now() - stepMs) / 1000).toFixed(1)} s)`);
}

const outBytes = existsSync(path.join(root, out)) ? statSync(path.join(root, out)).size : 0;
console.log(`
Done in ${((performance.now() - startMs) / 1000).toFixed(0)} s. The engine is the folder theflash-data; ${out} (${outBytes} bytes) is an Arrow stream
that any Arrow library reads. What to try next:

  npx theflash scan shop.customers                        rows, as a table on a terminal
  npx theflash scan shop.orders --format csv | head
  npx theflash scan shop.orders --where "total > 1000" --output large.parquet
  npx theflash sql "SELECT status, count(), sum(total) FROM shop.orders GROUP BY status"
  npx theflash write --binlog ${logs.join(' ')}
                                                          again: there is nothing new in them
  npx theflash write --help                               your own logs
`);
