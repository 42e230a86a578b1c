import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  seconds: number;
  /** Largest resident set size, in bytes. */
  peakRssBytes: number;
  stdout: string;
}

const pollMs = 50;

/**
 * Runs a program to its end and measures it.
 *
 * Units: the peak is the kernel's own high-water mark, read every 50 ms, so that growth in the
 * last moments may be missed.
 * Errors: rejects where the program fails.
 */
export async function measure(command: readonly string[], keepOutput = true): Promise<Measured> {
  const [program = '', ...args] = command;
  const startMs = performance.now();
  const output = keepOutput ? 'pipe' : 'ignore';
  const child = spawn(program, args, { stdio: ['ignore', output, 'pipe'] });
  let peakRssBytes = 0;
  const poll = setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, peakOf(child));
  }, pollMs);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => {
    clearInterval(poll);
  });
  if (code !== 0)
    throw new Error(`${command.join(' ')} ended with ${code ?? 'a signal'}: ${stderr}`);
  return { seconds: (performance.now() - startMs) / 1000, peakRssBytes, stdout };
}

/** VmHWM of a process, 0 once it is gone. */
function peakOf(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The middle one of some numbers; of an even count the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
