/**
 * TheFlash as a library: what the commands are made of.
 *
 *     import { openEngine, openSource, replay, scan } from 'theflash';
 *
 *     const engine = await openEngine('./copy');
 *     await replay(await openSource(['/var/lib/mysql/']), engine);
 *     for await (const piece of scan(engine, { table: 'shop.orders' })) …  // an Arrow IPC stream
 *     await engine.close();
 *
 * A folder is open in one process; `connect` reaches the one that `theflash serve` has open. A call of the engine
 * holds one of libuv's threads: set `UV_THREADPOOL_SIZE` before the process starts where many run at once.
 * A promise rejects with `FlashError`, whose `code` is one of `errorCodes`: `INVALID_REQUEST` for values of another type
 * than is declared and for options that there are none of.
 */
export {
  connect,
  listTables,
  openEngine,
  openSource,
  queryRows,
  replay,
  scan,
} from './library/index.js';
export type {
  AllowedPath,
  EmbeddedEngine,
  EmbeddedEngineOptions,
  SandboxMode,
} from './engine/index.js';
export type { RemoteEngine, RemoteEngineOptions, RemoteTimeouts } from './engine/remote/index.js';
export type { ScanOptions } from './engine/scan/index.js';
export {
  errorCodes,
  FlashError,
  type ArrowMessage,
  type ArrowScan,
  type Engine,
  type EngineInfo,
  type EngineTable,
  type ErrorCode,
  type QueryOptions,
  type Source,
  type StatementOptions,
  type WriteBatch,
} from './protocol/index.js';
export type { FilesOptions, OpenSourceOptions } from './source/index.js';
export type { ReplayOptions, ReplayResult, Until } from './writer/index.js';
