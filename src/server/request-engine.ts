import { FlashError, type Engine } from '../protocol/index.js';
import { type Account } from './users/index.js';

/**
 * The engine as one request uses it: its statements end with the request, and have the rights and bounds of its account. Else
 * what a client no longer waits for would go on, and clients that come and go could pile up any amount of it.
 *
 * Errors: DENIED, of an account, for all that the engine does not ask for rights itself.
 */
export function requestEngine(
  engine: Engine,
  signal: AbortSignal,
  account: Account | undefined,
): Engine {
  const bounds =
    account === undefined ? {} : { role: account.role, memoryBytesMax: account.memoryBytesMax };
  return {
    location: engine.location,
    execute: (sql, options) => engine.execute(sql, { signal, ...options, ...bounds }),
    query: (sql, options) => engine.query(sql, { signal, ...options, ...bounds }),
    insertRows: (table, stream) =>
      account === undefined ? engine.insertRows(table, stream) : refuse(account),
    openBatch: () => (account === undefined ? engine.openBatch() : refuse(account)),
    readCheckpoint: (source) =>
      account === undefined ? engine.readCheckpoint(source) : refuse(account),
    info: () => engine.info(),
    close: () => engine.close(),
  };
}

/** Errors: DENIED, of an account: what a request does goes past the rights that the engine asks for. */
export function refuseAccount(account: Account | undefined, what: string): void {
  if (account !== undefined) throw denied(account, what);
}

function refuse(account: Account): Promise<never> {
  return Promise.reject(denied(account, 'this'));
}

function denied({ name }: Account, what: string): FlashError {
  return new FlashError('DENIED', `${name} has no right to ${what}`, {
    hint: "Users read and write tables by SQL. Batches, checkpoints and bulk inserts need the server's token.",
  });
}
