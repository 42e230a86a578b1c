import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';

/** Where Linux has files in memory. */
const memory = '/dev/shm';
/** What two test files at a time, with their servers and engines, come to, and then some. */
const bytesMin = 6 * 2 ** 30;

/**
 * A folder in memory for what tests write, or undefined where the machine has too little of it (a container's
 * /dev/shm holds 64 MB unless told). A disk costs a sixth of the processor's time and all waits for fsync, and
 * proves nothing more: what is lost by a power cut no test can see. It goes with this process.
 */
export function makeMemoryFolder() {
  if (freeBytes() < bytesMin) return undefined;
  const folder = mkdtempSync(`${memory}/theflash-tests-`);
  // Some tests run programs as another user, who has to get through.
  chmodSync(folder, 0o711);
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.on('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  return { folder, remove };
}

function freeBytes() {
  try {
    const { bavail, bsize } = statfsSync(memory);
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return Math.min(bavail * bsize, Number(available?.[1] ?? 0) * 1024);
  } catch {
    return 0;
  }
}
