import { once } from 'node:events';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { typescript } from '../typescript.js';

/** Round trips of the PINGs of a client that does nothing else. Units: ms. */
export interface PingTimes {
  count: number;
  p99Ms: number;
  mostMs: number;
}

/**
 * How long a PING may take while others attack, on a machine that parses the probe's text in the
 * other time. Slower machines are allowed more, as what a server does between two answers takes
 * longer on them.
 */
const allowedMs = 250;
const parseMs = 30;

/**
 * Runs `attack` while another client, in a process of its own, sends a PING every 10 ms: those that
 * the server kept waiting are all counted, not only the first. Times are the server's own: what
 * other programs of the machine took is left out.
 */
export async function pingDuring(
  server: { port: number; pid: number; token?: string },
  attack: () => Promise<void>,
): Promise<PingTimes> {
  const script = fileURLToPath(new URL('ping-process.ts', import.meta.url));
  const child = fork(script, [String(server.port), String(server.pid), server.token ?? ''], {
    execArgv: [typescript],
  });
  const exited = once(child, 'exit');
  await once(child, 'message');
  try {
    await attack();
  } catch (error) {
    child.kill();
    throw error;
  }
  const answered = once(child, 'message');
  child.send('stop');
  const [times] = (await answered) as [readonly number[]];
  await exited;
  const sorted = [...times].sort((left, right) => left - right);
  return {
    count: sorted.length,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    mostMs: sorted.at(-1) ?? 0,
  };
}

/** Says what is wrong with the times, if something is; a slow machine is allowed what it takes unattacked. */
export function pingProblem(times: PingTimes, baseline: PingTimes): string | undefined {
  if (times.count < 10) return `only ${times.count} PINGs were sent`;
  const slowness = Math.max(1, measureParse() / parseMs);
  if (times.p99Ms < allowedMs * slowness + baseline.p99Ms) return undefined;
  return `PINGs took ${JSON.stringify(times)}, unattacked ${JSON.stringify(baseline)}, slowness ${slowness}`;
}

/** The least processor time that parsing one text takes here, in ms. */
function measureParse(): number {
  const text = `[${'[1,"x"],'.repeat(200_000)}1]`;
  const took = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    JSON.parse(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...took);
}
