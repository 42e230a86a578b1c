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
 * A promise rejects with `FlashError`, whose `code` is one of `errorCodes`; values of another type than is declared give a `TypeError`.
 */
export { openEmbeddedEngine as openEngine } from './engine/index.js';
export type {
  AllowedPath,
  EmbeddedEngine,
  EmbeddedEngineOptions,
  SandboxMode,
} from './engine/index.js';
export {
  openRemoteEngine as connect,
  type RemoteEngineOptions,
  type RemoteTimeouts,
} from './engine/remote/index.js';
export { scan, type ScanOptions } from './engine/scan/index.js';
export {
  errorCodes,
  FlashError,
  listTables,
  queryRows,
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
export { openSource, type FilesOptions, type OpenSourceOptions } from './source/index.js';
export { replay, type ReplayOptions, type ReplayResult, type Until } from './writer/index.js';
