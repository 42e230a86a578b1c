import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { startCli, type CliRun } from '../e2e/cli.js';

/** `theflash serve` in a process of its own, as it is installed. */
export interface ServeProcess {
  location: string;
  port: number;
  pid: number;
  /** Where `--metrics-listen` and `--http` are; empty without. */
  metricsUrl: string;
  httpUrl: string;
  /** What it has logged up to now. */
  log: readonly LogLine[];
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void;
  /** Ends it as an operator does, or without notice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A line of its log. */
export type LogLine = Readonly<Record<string, unknown>> & { level: string; event: string };

/** Serves a folder on 127.0.0.1, by default on a free port. */
export async function startServe(
  folder: string,
  options: { port?: number; args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<ServeProcess> {
  const listen = `127.0.0.1:${options.port ?? 0}`;
  const { args = [], env = {} } = options;
  const run = startCli(['serve', '--engine', folder, '--listen', listen, ...args], { env });
  const log = collectLog(run);
  const port = await Promise.race([readPort(run), failStart(run)]);
  const listening = await readListening(log);
  return {
    location: `tcp://127.0.0.1:${port}`,
    port,
    pid: run.child.pid ?? 0,
    metricsUrl: textOf(listening?.['metrics']),
    httpUrl: textOf(listening?.['http']),
    log,
    signal(name): void {
      run.child.kill(name);
    },
    async stop(signal = 'SIGTERM'): Promise<void> {
      run.child.kill(signal);
      await run.done;
    },
  };
}

/** Stderr, which has the line, is another pipe than stdout, which has told of the port. */
async function readListening(log: readonly LogLine[]): Promise<LogLine | undefined> {
  for (let tries = 0; tries < 3000; tries += 1) {
    const line = log.find(({ event }) => event === 'listening');
    if (line !== undefined) return line;
    await delay(20);
  }
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Gives the lines of the log, as they come; what is no JSON on stderr is none of them. */
function collectLog(run: CliRun): LogLine[] {
  const log: LogLine[] = [];
  if (run.child.stderr === null) throw new Error('the server has no stderr');
  createInterface({ input: run.child.stderr }).on('line', (line) => {
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
  });
  return log;
}

async function readPort(run: CliRun): Promise<number> {
  if (run.child.stdout === null) throw new Error('the server has no stdout');
  for await (const line of createInterface({ input: run.child.stdout })) {
    const port = /^Listening on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  return await failStart(run);
}

async function failStart(run: CliRun): Promise<never> {
  const { stderr } = await run.done;
  throw new Error(`the server ended: ${stderr}`);
}
