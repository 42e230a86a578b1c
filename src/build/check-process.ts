import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Answer } from './check-format.js';

/** A check is a few small statements: one that takes longer hangs. */
const answerTimeoutMs = 60_000;

/**
 * A running tf_check (native/tools/tf_check.cc): an engine that answers statements one by one.
 *
 * Owns: the process; `close` ends it, whatever it is doing.
 */
export class CheckProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  #received: Buffer = Buffer.alloc(0);
  #complaints = '';
  #end: string | undefined;
  #wake: () => void = () => undefined;

  constructor(tfCheck: string, args: readonly string[]) {
    this.#child = spawn(tfCheck, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaints = `${this.#complaints}${chunk.toString('utf8')}`.slice(-2000);
    });
    // A child that ends early closes the pipe: its end is told by its exit, not by this write.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => {
      this.#ended(error.message);
    });
    this.#child.on('close', (code, signal) => {
      this.#ended(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
  }

  /** Runs one statement, or "@reopen"; gives how the process ended where it did not answer. */
  async ask(statement: string): Promise<Answer | { kind: 'end'; text: string }> {
    const timer = setTimeout(() => {
      this.#complaints += ` no answer in ${String(answerTimeoutMs / 1000)} s`;
      this.#child.kill('SIGKILL');
    }, answerTimeoutMs);
    this.#child.stdin.write(`${statement}\0`);
    try {
      for (;;) {
        const taken = takeAnswer(this.#received);
        if (taken !== undefined) {
          this.#received = taken.rest;
          return taken.answer;
        }
        if (this.#end !== undefined) {
          return { kind: 'end', text: `${this.#end} ${this.#complaints.trim()}`.trim() };
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process and waits until it is gone. */
  async close(): Promise<void> {
    while (this.#end === undefined) {
      this.#child.kill('SIGKILL');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #ended(how: string): void {
    this.#end ??= how;
    this.#wake();
  }
}

/**
 * Takes the first answer off what tf_check printed: "ok LENGTH" or "error CODE LENGTH", a line feed,
 * then LENGTH bytes. Gives undefined while it is not there in full.
 */
export function takeAnswer(received: Buffer): { answer: Answer; rest: Buffer } | undefined {
  const lineEnd = received.indexOf(0x0a);
  if (lineEnd < 0) return undefined;
  const [state, ...words] = received.toString('utf8', 0, lineEnd).split(' ');
  const textEnd = lineEnd + 1 + Number(words.at(-1));
  if (!Number.isSafeInteger(textEnd) || textEnd > received.length) return undefined;
  const text = received.toString('utf8', lineEnd + 1, textEnd);
  const answer: Answer =
    state === 'error' ? { kind: 'error', code: words[0] ?? '?', text } : { kind: 'rows', text };
  return { answer, rest: received.subarray(textEnd) };
}
