import { formatBytes } from '../../protocol/index.js';
import { fail, ok, warn, type Finding } from './finding.js';

const gib = 2 ** 30;

/** Units: bytes. */
export function judgeDisk(folder: string, freeBytes: number, totalBytes: number): Finding {
  const what = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} left at ${folder}`;
  const mend = `make room (df -h ${folder}), or name another disk: --engine /other/disk/copy`;
  if (freeBytes < gib) return fail('disk', what, mend);
  return freeBytes < 10 * gib && freeBytes < totalBytes / 10
    ? warn('disk', what, mend)
    : ok('disk', what);
}

/** `medianMs`: how long 4 KiB take to be durable. Each commit waits for some of them. */
export function judgeFsync(medianMs: number): Finding {
  const what = `4 KiB are durable in ${medianMs.toFixed(1)} ms`;
  if (medianMs <= 30) return ok('fsync', what);
  return warn(
    'fsync',
    what,
    'put the engine on a faster disk, or commit less often: --batch-interval 5s',
  );
}

/** Units: bytes that the process may use, by the machine and its control group. */
export function judgeMemory(bytes: number): Finding {
  const what = `${formatBytes(bytes)} for the process`;
  const mend =
    'give the machine or container at least 2 GiB, and cap the engine: --memory-max 1GiB';
  if (bytes < gib / 2) return fail('memory', what, mend);
  return bytes < 2 * gib ? warn('memory', what, mend) : ok('memory', what);
}

export function judgeOpenFiles(limit: number): Finding {
  const what = `${limit === Infinity ? 'any number of' : String(limit)} files may be open`;
  const mend = 'ulimit -n 65536 in the shell, or LimitNOFILE=65536 in the systemd unit';
  if (limit < 1024) return fail('open files', what, mend);
  return limit < 4096 ? warn('open files', what, mend) : ok('open files', what);
}

/** `aheadMs`: how far the clock is ahead of the source's; undefined where none was asked. */
export function judgeClock(nowMs: number, aheadMs: number | undefined): Finding {
  const mend = 'timedatectl set-ntp true, here and on the source';
  if (nowMs < Date.UTC(2025, 0)) {
    return fail(
      'clock',
      `it is ${new Date(nowMs).toISOString()} by the clock of this machine`,
      mend,
    );
  }
  if (aheadMs === undefined) return ok('clock', new Date(nowMs).toISOString());
  const what = `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs < 0 ? 'after' : 'before'} the source’s`;
  if (Math.abs(aheadMs) < 2_000) return ok('clock', what);
  return warn('clock', `${what}: lag in seconds is wrong by that`, mend);
}

export function judgeSandbox(sandbox: string): Finding {
  if (sandbox !== 'none') return ok('sandbox', sandbox);
  return warn(
    'sandbox',
    'the kernel does not keep the engine in its folder',
    'use a kernel from 5.13 on with landlock among its lsm= (cat /sys/kernel/security/lsm); --sandbox require insists on it',
  );
}

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isFit = major > 20 || (major === 20 && minor >= 19);
  return isFit
    ? ok('node', version)
    : fail('node', `${version} is too old`, 'install Node 20.19 or later');
}
