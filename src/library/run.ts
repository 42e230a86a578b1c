import { scan as scanOnce, type ScanOptions } from '../engine/scan/index.js';
import {
  aCount,
  aFlag,
  aFunction,
  anObject,
  aSignal,
  aText,
  checkArgument,
  checkOptions,
  FlashError,
  listOf,
  listTables as listAllTables,
  objectOf,
  oneOf,
  queryRows as queryAllRows,
  type ArgumentCheck,
  type Engine,
  type OptionShape,
  type Position,
  type QueryOptions,
  type Source,
} from '../protocol/index.js';
import { replay as replayLogs, type ReplayOptions, type ReplayResult } from '../writer/index.js';

const anEngine = anObject('query', 'openBatch', 'readCheckpoint', 'location');

const position: OptionShape<Position> = { file: aText, offset: aCount(0) };

const scanOptions: OptionShape<ScanOptions> = {
  table: aText,
  snapshot: aText,
  columns: listOf(aText),
  where: aText,
  orderBy: aText,
  limit: aCount(0),
  signal: aSignal,
};

const queryOptions: OptionShape<QueryOptions> = {
  signal: aSignal,
  parameters: anObject(),
  buffers: anObject('take', 'give'),
  checksum: aFlag,
  role: aText,
  memoryBytesMax: aCount(0),
};

/** A place in the logs, or a moment. */
const anUntil: ArgumentCheck = (value) => {
  if (anObject('timeMs')(value) === undefined) {
    return objectOf('replay until', { timeMs: aCount(0) })(value);
  }
  return anObject('position')(value) === undefined
    ? objectOf('replay until', { position: objectOf('replay until.position', position) })(value)
    : 'an object with position or timeMs';
};

const aBeginning: ArgumentCheck = (value) =>
  objectOf('replay beginning', {
    kind: oneOf('partial', 'baseline'),
    at: anObject(),
  })(value);

const replayOptions: OptionShape<ReplayOptions> = {
  include: listOf(aText),
  exclude: listOf(aText),
  rename: listOf(aText),
  lowerCaseTableNames: aFlag,
  from: objectOf('replay from', position),
  beginning: aBeginning,
  sourceMoved: aFlag,
  skipStatements: listOf(objectOf('replay skipStatements', position)),
  until: anUntil,
  schema: anObject(),
  zeroDate: oneOf('null', 'error'),
  limits: objectOf('replay limits', {
    bytesMax: aCount(1),
    rowsMax: aCount(1),
    ageMaxMs: aCount(0),
  }),
  signal: aSignal,
  onProgress: aFunction,
  onCommitted: aFunction,
  onWarning: aFunction,
  nowMs: aFunction,
};

/** Engines that a replay of this process writes to. */
const written = new WeakSet<Engine>();

/**
 * Replays logs into an engine, from its checkpoint on.
 *
 * Guarantee: the engine moves from one whole transaction of the source to a later one; its checkpoint says which. Running
 * it again goes on there. When it rejects with an error of the log, all before the error is applied.
 * Errors: INVALID_REQUEST for arguments that are not as declared, and while another replay writes to the engine; CANCELLED
 * where the engine is closed meanwhile; those of the source, the decoder and the engine; UNSUPPORTED, SOURCE_MISMATCH.
 */
export async function replay(
  source: Source,
  engine: Engine,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  checkArgument('replay', 'the source', source, anObject('logs', 'location'));
  checkArgument('replay', 'the engine', engine, anEngine);
  checkOptions('replay', options, replayOptions);
  if (written.has(engine)) {
    throw new FlashError('INVALID_REQUEST', 'another replay writes to this engine', {
      hint: 'Await it first: the next one goes on where it ended.',
    });
  }
  written.add(engine);
  try {
    return await replayLogs(source, engine, options);
  } finally {
    written.delete(engine);
  }
}

/**
 * Gives the rows of a table as the bytes of an Arrow IPC stream, piece by piece: what `tableFromIPC` of apache-arrow reads,
 * and pyarrow from a file or a socket. Each iteration reads the table anew, as it is then.
 *
 * Owns: the pieces are the caller's. Leaving the loop early ends the query.
 * Errors: when the first piece is asked for: INVALID_REQUEST for arguments that are not as declared, a column that the
 * table has not, and a condition that is not exactly one expression; NOT_FOUND for the table or the snapshot; CANCELLED
 * where the engine was closed, or by the signal; those of the engine.
 */
export function scan(engine: Engine, options: ScanOptions = {}): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      checkArgument('scan', 'the engine', engine, anEngine);
      checkOptions('scan', options, scanOptions);
      yield* scanOnce(engine, options);
    },
  };
}

/**
 * Gives all tables of an engine, sorted by database and name.
 *
 * Errors: INVALID_REQUEST for what is no engine; those of the engine.
 */
export async function listTables(engine: Engine): ReturnType<typeof listAllTables> {
  checkArgument('listTables', 'the engine', engine, anEngine);
  return listAllTables(engine);
}

/**
 * Runs SQL whose result is small, and gives its rows, each as an object of column values in apache-arrow's JavaScript
 * form: 64-bit integers as bigint.
 *
 * Errors: INVALID_REQUEST for arguments that are not as declared; those of the engine.
 */
export async function queryRows(
  engine: Engine,
  sql: string,
  options: QueryOptions = {},
): Promise<readonly Record<string, unknown>[]> {
  checkArgument('queryRows', 'the engine', engine, anEngine);
  checkArgument('queryRows', 'the SQL', sql, aText);
  checkOptions('queryRows', options, queryOptions);
  return queryAllRows(engine, sql, options);
}
