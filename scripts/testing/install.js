import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './child.js';

/** Runs `npm ci` where node_modules is missing or is not what package-lock.json asks for. */
export async function install() {
  const reason = staleReason();
  if (reason === undefined) return { passed: 1, note: 'node_modules is up to date' };
  const { code, output } = await run('npm', ['ci']);
  return code === 0 ? { passed: 1, note: `npm ci: ${reason}` } : { failed: 1, output };
}

function staleReason() {
  const installedFile = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'no node_modules';
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  const installed = readPackages(installedFile);
  const stale = Object.entries(wanted).find(([name, { version, optional }]) => {
    if (name === '') return false;
    // Optional packages of other platforms are left out by npm.
    if (installed[name] === undefined) return optional !== true;
    return installed[name].version !== version;
  });
  return stale === undefined ? undefined : `${stale[0]} is not installed in this version`;
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
