import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** `prebuilt/linux-x64/manifest.json` of a package: what its ch.so was built for. */
export interface PrebuiltNeeds {
  /** npm name and version of libchdb: `@chdb/lib-linux-x64-gnu@26.7.3-stable.1`. */
  package: string;
  /** The oldest glibc that has all that ch.so asks for: `2.34`. */
  glibcMin: string;
}

/** What a machine offers to a prebuilt ch.so. */
export interface Machine {
  /** As Node names them: `linux-x64`. */
  platform: string;
  /** Undefined where the C library is another one, as musl. */
  glibc: string | undefined;
  /** npm name and version of the libchdb that the loader would find; undefined without one. */
  libchdb: string | undefined;
}

/** Why a prebuilt ch.so can't be used, and what to do about it. */
export interface Misfit {
  reason: string;
  hint: string;
}

/** Where a package carries ch.so, below its root. */
export const prebuiltFolder = path.join('prebuilt', 'linux-x64');

/** Gives what the ch.so that a package carries needs; undefined where it carries none. */
export function readPrebuilt(root: string): PrebuiltNeeds | undefined {
  const file = path.join(root, prebuiltFolder, 'manifest.json');
  if (!existsSync(file) || !existsSync(path.join(root, prebuiltFolder, 'ch.so'))) return undefined;
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof json !== 'object' || json === null) return undefined;
  if (!('package' in json && 'glibcMin' in json)) return undefined;
  return { package: String(json.package), glibcMin: String(json.glibcMin) };
}

/** Says why a prebuilt ch.so does not fit a machine; undefined where it does. */
export function findMisfit(needs: PrebuiltNeeds, machine: Machine): Misfit | undefined {
  const hint = 'theflash build-ch makes one for this machine; it needs cmake and a C++ compiler.';
  if (machine.platform !== 'linux-x64') {
    return { reason: `it is for linux-x64, and this is ${machine.platform}`, hint };
  }
  if (machine.glibc === undefined) {
    return {
      reason: 'it needs glibc, and the C library here is another one',
      hint: 'Use a system with glibc, as Debian, Ubuntu or RHEL; the engine inside needs it, too.',
    };
  }
  if (isOlder(machine.glibc, needs.glibcMin)) {
    return { reason: `it needs glibc ${needs.glibcMin}, and here is ${machine.glibc}`, hint };
  }
  if (machine.libchdb !== needs.package) {
    const found =
      machine.libchdb === undefined ? 'it is not installed' : `here is ${machine.libchdb}`;
    return {
      reason: `it needs ${needs.package}, and ${found}`,
      hint: 'Install theflash again with npm install --include=optional, which brings it.',
    };
  }
  return undefined;
}

/** Gives the ch.so that the package at `root` carries, where it fits this machine. */
export function fittingPrebuilt(root: string): string | undefined {
  const needs = readPrebuilt(root);
  if (needs === undefined || findMisfit(needs, readMachine(root)) !== undefined) return undefined;
  return path.join(root, prebuiltFolder, 'ch.so');
}

/** Gives this machine, as a package at `root` finds it. */
export function readMachine(root: string): Machine {
  return {
    platform: `${process.platform}-${process.arch}`,
    glibc: glibcVersion(),
    libchdb: installedLibchdb(root),
  };
}

/** The places are those of ch.so's own search for libchdb.so (native/CMakeLists.txt). */
function installedLibchdb(root: string): string | undefined {
  const name = '@chdb/lib-linux-x64-gnu';
  for (const modules of [path.join(root, 'node_modules'), path.dirname(root)]) {
    const folder = path.join(modules, name);
    if (!existsSync(path.join(folder, 'libchdb.so'))) continue;
    const json: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const hasVersion = typeof json === 'object' && json !== null && 'version' in json;
    return hasVersion ? `${name}@${String(json.version)}` : undefined;
  }
  return undefined;
}

function glibcVersion(): string | undefined {
  // Without it, the report would look up names of network interfaces.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined;
  const { header } = report;
  if (typeof header !== 'object' || header === null) return undefined;
  if (!('glibcVersionRuntime' in header)) return undefined;
  return String(header.glibcVersionRuntime);
}

function isOlder(version: string, min: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin = 0, minorMin = 0] = min.split('.').map(Number);
  return major < majorMin || (major === majorMin && minor < minorMin);
}
