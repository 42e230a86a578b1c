import { FlashError } from '../protocol/index.js';
import { type ActiveRequest } from './active-request.js';
import { type Log } from './log.js';
import { type Account } from './users/index.js';

/** A statement that has ended. */
export interface AuditedStatement {
  door: 'tcp' | 'http';
  /** Undefined: who has the token. */
  account: Account | undefined;
  /** Its text, or the kind of message. */
  text: string;
  active: ActiveRequest;
  /** Undefined: it went well. */
  error?: unknown;
}

/** A line of the log for each statement: who, what kind, rows, bytes, time, and how it ended. */
export class Audit {
  readonly #log: Log;
  readonly #isOn: boolean;
  readonly #withText: boolean;

  /** `withText`: the statements' texts too, which may hold values of tables. */
  constructor(log: Log, isOn: boolean, withText: boolean) {
    this.#log = log;
    this.#isOn = isOn;
    this.#withText = withText;
  }

  note({ door, account, text, active, error }: AuditedStatement): void {
    if (!this.#isOn) return;
    const { rows, bytes, elapsedMs } = active;
    this.#log('info', 'statement', {
      user: account?.name ?? '(token)',
      door,
      kind: firstWord(text),
      ...{ rows, bytes, elapsedMs },
      outcome: error === undefined ? 'ok' : error instanceof FlashError ? error.code : 'INTERNAL',
      ...(this.#withText ? { sql: text.slice(0, textMax) } : {}),
    });
  }
}

function firstWord(text: string): string {
  return /[A-Za-z]+/.exec(text.slice(0, 1000))?.[0].toUpperCase() ?? '';
}

/** Characters of a statement that its line holds. */
const textMax = 10_000;
