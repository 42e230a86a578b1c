import { createInterface } from 'node:readline';
import { startCli, type CliRun } from '../e2e/cli.js';

/** `theflash serve` in a process of its own, as it is installed. */
export interface ServeProcess {
  location: string;
  port: number;
  pid: number;
  /** Ends it as an operator does, or without notice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Serves a folder on 127.0.0.1, by default on a free port. */
export async function startServe(
  folder: string,
  options: { port?: number; args?: readonly string[] } = {},
): Promise<ServeProcess> {
  const listen = `127.0.0.1:${options.port ?? 0}`;
  const run = startCli(['serve', '--engine', folder, '--listen', listen, ...(options.args ?? [])]);
  const port = await Promise.race([readPort(run), failStart(run)]);
  return {
    location: `tcp://127.0.0.1:${port}`,
    port,
    pid: run.child.pid ?? 0,
    async stop(signal = 'SIGTERM'): Promise<void> {
      run.child.kill(signal);
      await run.done;
    },
  };
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
