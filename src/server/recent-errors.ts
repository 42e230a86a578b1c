import { type Log } from './log.js';

/** An error of the last ones, as the log has it. Units: ms since 1970. */
export interface RecentError {
  /** When it came last. */
  atMs: number;
  /** How often since the start, or since it was forgotten. */
  count: number;
  event: string;
  /** As the log has them: no values of tables, no SQL. */
  fields: Readonly<Record<string, string | number | boolean | undefined>>;
}

/**
 * The last errors of a server: what its log has of them, and no more. Equal ones are counted, so that one that comes again
 * and again leaves room for the others.
 */
export class RecentErrors {
  /** By what makes them equal, the oldest first. */
  readonly #errors = new Map<string, RecentError>();

  /**
   * Gives a log that notes errors as it writes them. A browser's first request comes without a password, to be asked for it:
   * that is none.
   */
  tap(log: Log): Log {
    return (level, event, fields = {}) => {
      const isAsked = fields['engineCode'] === passwordRequired;
      if (!isAsked && (level !== 'info' || fields['code'] !== undefined)) this.#note(event, fields);
      log(level, event, fields);
    };
  }

  /** The newest first. */
  list(): readonly RecentError[] {
    return [...this.#errors.values()].reverse();
  }

  #note(event: string, { code, engineCode, message, hint }: RecentError['fields']): void {
    const fields = { code, engineCode, message: cut(message), hint: cut(hint) };
    const key = JSON.stringify([event, fields]);
    const count = (this.#errors.get(key)?.count ?? 0) + 1;
    this.#errors.delete(key);
    this.#errors.set(key, { atMs: Date.now(), count, event, fields });
    const [oldest] = this.#errors.keys();
    if (this.#errors.size > errorsMax && oldest !== undefined) this.#errors.delete(oldest);
  }
}

/** ClickHouse's REQUIRED_PASSWORD. */
const passwordRequired = 194;

const errorsMax = 20;
const lettersMax = 500;

function cut<T>(value: T): T | string {
  return typeof value === 'string' ? value.slice(0, lettersMax) : value;
}
