import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ServeOptions } from '../../src/server/index.js';
import { typescript } from '../typescript.js';
import { waitUntil } from '../until.js';

/** A real server on a new folder, in a process of its own: what attacks it does not slow down the test. */
export interface LimitsProcess {
  port: number;
  pid: number;
  /** All that it logged so far. */
  log(): string;
  /** All that it logged, once that has a line like this one. */
  logWith(line: RegExp): Promise<string>;
  /** A figure of its metrics, as `theflash_requests_total`; 0 where it has none. */
  metric(name: string): Promise<number>;
  residentMib(): number;
  stop(): Promise<void>;
}

/** Starts one with the given limits, all others as `serve` has them. */
export async function startLimitsProcess(
  options: Partial<Omit<ServeOptions, 'log'>> = {},
): Promise<LimitsProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-limits-'));
  const script = fileURLToPath(new URL('limits-server.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [typescript, script, path.join(folder, 'data'), JSON.stringify(options)],
    // As bin/run.js has it.
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '40' } },
  );
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += String(chunk);
  });
  const { port, metricsUrl } = await readPlace(child.stdout, () => log);
  return {
    port,
    pid: child.pid ?? 0,
    log: () => log,
    async logWith(line): Promise<string> {
      const isThere = (): boolean =>
        log
          .split('\n')
          .slice(0, -1)
          .some((each) => line.test(each));
      await waitUntil(`a line like ${line}`, isThere);
      return log;
    },
    async metric(name): Promise<number> {
      const text = await (await fetch(metricsUrl)).text();
      const line = text.split('\n').find((each) => each.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? 0);
    },
    residentMib(): number {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
    },
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readPlace(
  stdout: NodeJS.ReadableStream,
  log: () => string,
): Promise<{ port: number; metricsUrl: string }> {
  for await (const line of createInterface({ input: stdout })) {
    const [, port, metricsUrl = ''] = /^(\d+) (\S+)$/.exec(line) ?? [];
    return { port: Number(port), metricsUrl };
  }
  throw new Error(`the server ended: ${log()}`);
}
