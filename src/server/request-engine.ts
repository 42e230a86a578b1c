import { type Engine } from '../protocol/index.js';

/**
 * The engine as one request uses it: its statements end with the request. Else what a client no
 * longer waits for would go on, and clients that come and go could pile up any amount of it.
 */
export function requestEngine(engine: Engine, signal: AbortSignal): Engine {
  return {
    location: engine.location,
    execute: (sql, options) => engine.execute(sql, { signal, ...options }),
    query: (sql, options) => engine.query(sql, { signal, ...options }),
    insertRows: (table, stream) => engine.insertRows(table, stream),
    openBatch: () => engine.openBatch(),
    readCheckpoint: (source) => engine.readCheckpoint(source),
    info: () => engine.info(),
    close: () => engine.close(),
  };
}
