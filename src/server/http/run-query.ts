import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { FlashError, type Answer, type AnswerSummary } from '../../protocol/index.js';
import { type ActiveRequest } from '../active-request.js';
import { type ServerContext } from '../context.js';
import { type Account } from '../users/index.js';
import { AnswerStream, choosePacking, type Packing } from './answer-stream.js';
import { contentTypeOf } from './content-type.js';
import { toErrorAnswer } from './error-answer.js';
import { toTableError, withTables } from './external-data.js';
import { RevisedAnswer, revisionMin } from './native-format/index.js';
import { type QueryParameters } from './query-parameters.js';
import { readBody } from './request-body.js';
import { readStatement, type RequestStatement } from './request-statement.js';
import { type RunningQueries } from './running-queries.js';
import {
  mergeSettings,
  readSessionChange,
  type Session,
  type Sessions,
  type SessionTurn,
} from './sessions.js';
import { looksLikeRead } from './statement-text.js';

/** What the door knows of its engine, for headers and error texts. */
export interface EngineFacts {
  version: string;
  timezone: string;
  /** Settings that nobody may change, by name, and the value that they have. */
  fixed: ReadonlyMap<string, string>;
}

/** A request that is being answered. */
export interface QueryExchange {
  server: ServerContext;
  facts: EngineFacts;
  request: IncomingMessage;
  response: ServerResponse;
  parameters: QueryParameters;
  sessions: Sessions;
  running: RunningQueries;
  /** Its time, its signal, and its figures for STATUS. */
  active: ActiveRequest;
  /** Whose it is; undefined for who has all rights. */
  account: Account | undefined;
}

/**
 * Runs a statement and sends its answer, or hands it to `deliver`.
 *
 * Errors: those of the statement, as long as nothing was sent; later ones are told in the stream.
 */
export async function runQuery(
  exchange: QueryExchange,
  deliver: (exchange: BegunExchange, answer: Answer) => Promise<void> = send,
): Promise<void> {
  const { server, request, parameters, active, running, account } = exchange;
  const body = await readBody(request, server, parameters.unpacksBlocks);
  let turn: SessionTurn | undefined;
  try {
    running.add(parameters.queryId, active, account?.name);
    const told = readStatement(parameters, request.headers['content-type'], body.pieces);
    const { statement } = told;
    active.setStatement(statement);
    turn = openSession(exchange);
    const task = readTask(exchange, told, turn?.session);
    const leave = (): void => {
      turn?.leave();
      const { session } = parameters;
      if (session?.closes === true) exchange.sessions.close(sessionId(account, session.id));
      running.remove(parameters.queryId, active, account?.name);
    };
    const beforeEnd = (): void => {
      task.done?.();
      leave();
    };
    const isRead = looksLikeRead(statement);
    const whole = { ...exchange, isRead, leave, beforeEnd };
    await audited(exchange, statement, async () => {
      if (parameters.isReadOnly || isRead || task.sql === nothing) {
        await startScan(server, active);
        await answer(whole, task, deliver);
      } else {
        await server.statements.run(() => answer(whole, task, deliver), active.signal);
      }
    });
  } finally {
    turn?.leave();
    running.remove(parameters.queryId, active, account?.name);
    body.release();
  }
}

/** Notes a statement in the log when it has ended. */
async function audited(
  { server, account, active }: QueryExchange,
  statement: Buffer,
  run: () => Promise<void>,
): Promise<void> {
  const text = statement.subarray(0, auditedBytesMax).toString('utf8');
  try {
    await run();
    server.audit.note({ door: 'http', account, text, active });
  } catch (error) {
    server.audit.note({ door: 'http', account, text, active, error });
    throw error;
  }
}

function openSession({ parameters, sessions, account }: QueryExchange): SessionTurn | undefined {
  const { session } = parameters;
  return (
    session && sessions.open(sessionId(account, session.id), session.timeoutMs, session.mustBe)
  );
}

/** Sessions are each user's own. */
function sessionId(account: Account | undefined, id: string): string {
  return account === undefined ? id : `${account.name}\0${id}`;
}

/** An exchange whose statement has begun. */
interface BegunExchange extends QueryExchange {
  /** Whether it looks like one that gives rows. */
  isRead: boolean;
  /** Called when the engine has done it, and before the client can know: who does sends his next request at once. */
  beforeEnd: () => void;
  /** The same where it failed, and the client is about to be told. */
  leave: () => void;
}

/** What the engine is to do. */
interface Task {
  sql: Buffer;
  database: string;
  settings: ReadonlyMap<string, string>;
  /** To be called when the engine has done it. */
  done?: () => void;
}

/** Puts a statement into its session, and carries out what is the door's own. */
function readTask(
  { parameters, running, account }: QueryExchange,
  { statement: sql, tables, settings: told }: RequestStatement,
  session: Session | undefined,
): Task {
  const database = parameters.database === '' ? session?.database : parameters.database;
  const settings = mergeSettings(session, told);
  const task = { sql: withTables(sql, tables), database: database ?? 'default', settings };
  if (tables.length > 0 || sql.length > ownStatementBytesMax || looksLikeRead(sql)) return task;
  const text = sql.toString('utf8');
  if (!parameters.isReadOnly && running.kill(text, account?.name)) return { ...task, sql: nothing };
  const change = session && readSessionChange(text);
  if (session === undefined || change === undefined) return task;
  // The engine says whether it may be set, by a query of its own.
  const merged = mergeSettings(session, change.settings ?? new Map());
  return {
    sql: nothing,
    database: change.database ?? task.database,
    settings: mergeSettings({ ...session, settings: merged }, told),
    done: () => {
      for (const [name, value] of change.settings ?? []) session.settings.set(name, value);
      session.database = change.database ?? session.database;
    },
  };
}

/** Gives no rows. */
const nothing = Buffer.from('SELECT 1 WHERE 0 FORMAT Null');

/** SET, USE and KILL are shorter. */
const ownStatementBytesMax = 128 * 1024;

/**
 * Takes a place among the scans, after those who came before: clients of ClickHouse, as a dashboard with many
 * panels, do not ask again.
 *
 * Errors: BUSY when all are taken for longer than `scanWaitMs`.
 */
async function startScan(server: ServerContext, active: ActiveRequest): Promise<void> {
  const { scansMax, scanWaitMs } = server.limits;
  const deadlineMs = performance.now() + scanWaitMs;
  await server.scanLine.run(async () => {
    while (server.listScans().length >= scansMax) {
      if (performance.now() >= deadlineMs) {
        throw new FlashError('BUSY', `${scansMax} queries run already`, {
          hint: 'Try again in a moment, or read with fewer connections at once.',
        });
      }
      await delay(scanPollMs);
      active.check();
    }
    active.isScan = true;
    server.metrics.scans += 1;
  }, active.signal);
}

const scanPollMs = 10;

async function answer(
  exchange: BegunExchange,
  { sql, database, settings }: Task,
  deliver: (exchange: BegunExchange, answer: Answer) => Promise<void>,
): Promise<void> {
  const { server, facts, parameters, active, account } = exchange;
  const { engine } = server;
  if (engine.answer === undefined) {
    throw new FlashError('UNSUPPORTED', 'This engine gives no answers in formats');
  }
  const given = await engine.answer({
    sql,
    database,
    format: parameters.format ?? 'TabSeparated',
    // Clients send some that change nothing, as enable_analyzer=1.
    settings: new Map([...settings].filter(([name, value]) => facts.fixed.get(name) !== value)),
    isReadOnly: parameters.isReadOnly,
    signal: active.signal,
    ...(account === undefined
      ? {}
      : { role: account.role, memoryBytesMax: account.memoryBytesMax }),
  });
  try {
    await deliver(exchange, await asClientReads(given, parameters.revision));
  } catch (error) {
    active.check();
    throw toTableError(error);
  } finally {
    await given.close();
  }
}

async function asClientReads(answer: Answer, revision: number): Promise<Answer> {
  if (revision < revisionMin || (await answer.summary()).format !== 'Native') return answer;
  return new RevisedAnswer(answer);
}

/** Holds back the beginning: an error in it gets its status, and a small answer its whole summary. */
async function send(exchange: BegunExchange, result: Answer): Promise<void> {
  const { request, parameters } = exchange;
  const held =
    parameters.waitsForEnd === 'no'
      ? await begin(result)
      : await hold(result, parameters.waitsForEnd === 'yes' ? heldBytesMax : pieceBytes);
  exchange.active.check();
  for (const piece of held.pieces) exchange.active.give(piece.length);
  const packing = parameters.packsBlocks
    ? 'blocks'
    : choosePacking(request.headers['accept-encoding'], parameters.compresses);
  const tag = randomBytes(8).toString('hex');
  // What gives no rows has no format of them; KILL, BACKUP and the like give some.
  const hasRows = held.pieces.length > 0 || held.next !== undefined || exchange.isRead;
  const { summary } = held;
  writeHead(exchange, hasRows ? summary : { ...summary, format: undefined }, packing, tag);
  const stream = new AnswerStream(exchange.response, packing);
  for (const piece of held.pieces) await write(exchange, stream, piece);
  held.pieces.length = 0;
  if (held.next === undefined) await endStream(exchange, stream);
  else await pump(exchange, result, stream, { ...held.next, tag });
}

/** The beginning of an answer, and how it goes on: undefined where it is whole. */
interface Held {
  pieces: Buffer[];
  summary: AnswerSummary;
  next: Begun | undefined;
}

/** A reading that is under way. */
interface Begun {
  buffer: Buffer<ArrayBuffer>;
  length: Promise<number>;
}

async function hold(result: Answer, bytesMax: number): Promise<Held> {
  const pieces: Buffer[] = [];
  let heldBytes = 0;
  let isWhole = false;
  while (!isWhole && heldBytes < bytesMax) {
    const piece = Buffer.allocUnsafe(pieceBytes);
    const length = await fill(result, piece);
    isWhole = length < pieceBytes;
    if (length > 0) pieces.push(piece.subarray(0, length));
    heldBytes += length;
  }
  const summary = await result.summary();
  return { pieces, summary, next: isWhole ? undefined : read(result) };
}

/** Nothing is held back, but errors that are there at once, as those of planning, get their status. */
async function begin(result: Answer): Promise<Held> {
  const summary = await result.summary();
  const next = read(result);
  let timer: NodeJS.Timeout | undefined;
  const wait = new Promise<number>((resolve) => {
    timer = setTimeout(resolve, promptMs, 1);
  });
  const length = await Promise.race([next.length, wait]).finally(() => {
    clearTimeout(timer);
  });
  if (length > 0) return { pieces: [], summary, next };
  return { pieces: [], summary: await result.summary(), next: undefined };
}

function read(result: Answer): Begun {
  const buffer = Buffer.allocUnsafe(pumpBytes);
  const length = result.read(buffer);
  // Who waits for it is told.
  length.catch(() => undefined);
  return { buffer, length };
}

async function endStream(exchange: BegunExchange, stream: AnswerStream): Promise<void> {
  exchange.beforeEnd();
  await whileTaken(exchange, () => stream.end());
}

/** Reads until the buffer is full or the answer ends. */
async function fill(result: Answer, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const more = await result.read(buffer.subarray(length));
    if (more === 0) break;
    length += more;
  }
  return length;
}

/** Two buffers: the engine fills one while the other is sent. */
async function pump(
  exchange: BegunExchange,
  result: Answer,
  stream: AnswerStream,
  begun: Begun & { tag: string },
): Promise<void> {
  let spare = Buffer.allocUnsafe(pumpBytes);
  let filled = begun.buffer;
  let reading = begun.length;
  let sending: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      const [length] = await Promise.all([reading, sending]);
      exchange.active.check();
      if (length === 0) break;
      exchange.active.give(length);
      sending = write(exchange, stream, filled.subarray(0, length));
      sending.catch(() => undefined);
      [spare, filled] = [filled, spare];
      reading = result.read(filled);
      reading.catch(() => undefined);
    }
  } catch (error) {
    await sending;
    const { signal } = exchange.active;
    const reason: unknown = signal.aborted ? signal.reason : error;
    exchange.leave();
    await write(exchange, stream, Buffer.from(exceptionBlock(exchange, reason, begun.tag)));
    await whileTaken(exchange, () => stream.cut());
    throw error;
  }
  await endStream(exchange, stream);
}

async function write(
  exchange: QueryExchange,
  stream: AnswerStream,
  bytes: Uint8Array,
): Promise<void> {
  if (bytes.length === 0) return;
  await whileTaken(exchange, () => stream.write(bytes));
  exchange.server.metrics.bytesSent += bytes.length;
}

/** Ends the connection where the client takes nothing for so long. */
async function whileTaken(
  { server, active, response }: QueryExchange,
  act: () => Promise<void>,
): Promise<void> {
  const { stallTimeoutMs } = server.limits;
  const timer = setTimeout(() => {
    active.abort(new FlashError('TIMEOUT', `The client took nothing for ${stallTimeoutMs} ms`));
    response.destroy();
  }, stallTimeoutMs);
  try {
    await act();
  } finally {
    clearTimeout(timer);
  }
}

function writeHead(
  { response, facts, parameters, active }: QueryExchange,
  summary: Omit<AnswerSummary, 'format'> & { format: string | undefined },
  packing: Packing,
  tag: string,
): void {
  const figures = {
    read_rows: summary.readRows,
    read_bytes: summary.readBytes,
    written_rows: summary.writtenRows,
    written_bytes: summary.writtenBytes,
    total_rows_to_read: 0,
    result_rows: 0,
    result_bytes: 0,
    elapsed_ns: active.elapsedMs * 1_000_000,
  };
  const texts = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  response.writeHead(200, {
    ...(summary.format === undefined
      ? { 'Content-Type': 'text/plain; charset=UTF-8' }
      : {
          'Content-Type': contentTypeOf(summary.format),
          'X-ClickHouse-Format': summary.format,
        }),
    'X-ClickHouse-Query-Id': parameters.queryId,
    'X-ClickHouse-Timezone': facts.timezone,
    'X-ClickHouse-Exception-Tag': tag,
    'X-ClickHouse-Summary': JSON.stringify(Object.fromEntries(texts)),
    ...(packing === undefined || packing === 'blocks'
      ? {}
      : { 'Content-Encoding': packing, Vary: 'Accept-Encoding' }),
  });
}

/**
 * An error after the rows that were sent.
 *
 * Source: ClickHouse 25.11, HTTP interface, "Handling exceptions in the middle of a stream".
 */
function exceptionBlock({ facts }: QueryExchange, error: unknown, tag: string): string {
  const known = error instanceof FlashError ? error : new FlashError('INTERNAL', String(error));
  const text = `${toErrorAnswer(known, facts.version).text}\n`;
  return `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
}

/** Of a statement, for its line in the log. */
const auditedBytesMax = 40_000;

/** Of an answer, before its head is sent. */
const pieceBytes = 64 * 1024;

/** The same where the client asked for it, with wait_end_of_query. */
const heldBytesMax = 8 * 1024 * 1024;

const pumpBytes = 512 * 1024;

/** As ClickHouse's interactive_delay. */
const promptMs = 100;
