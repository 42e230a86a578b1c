import { isRemoteEngine } from '../engine/remote/index.js';
import { FlashError, type Engine } from '../protocol/index.js';

/**
 * Adds to an error of a copy that did not move why it did not, where a server follows the source and was stopped.
 *
 * Shape: the error itself where it is another one, or nothing is stopped.
 */
export async function tellStoppedSource(error: unknown, engine: Engine): Promise<unknown> {
  if (!(error instanceof FlashError) || error.code !== 'TIMEOUT') return error;
  if (!isRemoteEngine(engine)) return error;
  const { sources = [] } = await engine.serverStatus().catch(() => ({ sources: [] }));
  const stopped = sources.find(({ phase, failure }) => phase === 'stopped' && failure);
  if (stopped?.failure === undefined) return error;
  const { message, hint } = stopped.failure;
  const since = new Date(stopped.sinceMs).toISOString();
  return new FlashError(
    'TIMEOUT',
    `${error.message}: ${engine.location} follows ${stopped.location}, and is stopped since ${since}: ${message}`,
    { hint: hint ?? 'theflash status says more.', cause: error },
  );
}
