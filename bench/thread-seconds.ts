import { readFileSync } from 'node:fs';

/**
 * Processor time of the main thread since the process began, in seconds: where a decoder in JavaScript
 * runs, without the threads that compile and collect beside it, and without waiting for a processor.
 *
 * Source: Linux Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat.
 */
export function mainThreadSeconds(): number {
  const stat = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
  return Number(stat.split(' ')[0]) / 1e9;
}
