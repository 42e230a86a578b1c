import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { EmbeddedEngineOptions } from '../../src/engine/index.js';
import type { Answer, Command } from './engine-child.js';
import { typescript } from '../typescript.js';

const childFile = fileURLToPath(new URL('engine-child.ts', import.meta.url));

/** How a command ended: with its answer, or with the process. */
export type Outcome = Answer | { kind: 'died'; signal: string };

/** A failure that the engine's process reported. */
export class EngineProcessError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/**
 * An embedded engine in a process of its own, so that a test can kill it.
 *
 * Owns: the process; `kill` or `close` ends it. Commands are answered one by one.
 */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(env: Readonly<Record<string, string>>) {
    this.#child = fork(childFile, {
      execArgv: [typescript],
      serialization: 'advanced',
      env: { ...process.env, ...env },
    });
    this.#exited = once(this.#child, 'exit');
  }

  /** Starts a process and opens the engine in it. */
  static async open(
    folder: string,
    options: EmbeddedEngineOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<EngineProcess> {
    const started = new EngineProcess(env);
    try {
      await started.run({ do: 'open', folder, options });
    } catch (error) {
      await started.kill();
      throw error;
    }
    return started;
  }

  /** The id of the process. */
  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Gives a command and how it ended, the death of the process included. */
  async send(command: Command): Promise<Outcome> {
    const answered = new AbortController();
    const { signal } = answered;
    try {
      const answer = once(this.#child, 'message', { signal }).then(([value]) => value as Answer);
      answer.catch(() => undefined);
      this.#child.send(command, () => undefined);
      return await Promise.race([
        answer,
        this.#exited.then((): Outcome => {
          const how = this.#child.signalCode ?? `exit code ${String(this.#child.exitCode)}`;
          return { kind: 'died', signal: how };
        }),
      ]);
    } finally {
      answered.abort();
    }
  }

  /** Gives the value of a command that must succeed. */
  async run(command: Command): Promise<unknown> {
    const outcome = await this.send(command);
    if (outcome.kind === 'done') return outcome.value;
    if (outcome.kind === 'died') throw new Error(`the engine's process ended: ${outcome.signal}`);
    throw new EngineProcessError(outcome.code, outcome.message);
  }

  async execute(sql: string): Promise<void> {
    await this.run({ do: 'execute', sql });
  }

  async rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.run({ do: 'query', sql })) as readonly Record<string, unknown>[];
  }

  /** Kills the process, as a power cut would end it, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Waits until the process has stopped itself at the failpoint `stop:…`. */
  async untilStopped(): Promise<void> {
    const status = `/proc/${this.processId}/status`;
    while (!/^State:\s+T/m.test(await readFile(status, 'utf8'))) await new Promise(setImmediate);
  }

  /** Lets a stopped process go on. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Closes the engine and ends the process. */
  async close(): Promise<void> {
    await this.run({ do: 'close' });
    this.#child.disconnect();
    await this.#exited;
  }
}
