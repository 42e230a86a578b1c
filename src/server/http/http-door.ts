import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { type Socket } from 'node:net';
import { type SecureContextOptions } from 'node:tls';
import { FlashError, queryRows } from '../../protocol/index.js';
import { type OpenScan } from '../../protocol/wire/index.js';
import { ActiveRequest, type RunningRequest } from '../active-request.js';
import { type ServerContext } from '../context.js';
import { type TlsIdentity } from '../credentials.js';
import { errorFields, toFlashError } from '../error-fields.js';
import { healthPaths } from '../health.js';
import { listenOn } from '../listen.js';
import { type HttpOptions } from '../options.js';
import { refuseAccount } from '../request-engine.js';
import { type Account } from '../users/index.js';
import { toErrorAnswer } from './error-answer.js';
import { HttpLogin } from './http-login.js';
import { checkOrigin } from './origin-check.js';
import { Page } from './page/index.js';
import { readParameters, type QueryParameters } from './query-parameters.js';
import { readBody } from './request-body.js';
import { RequestTurns } from './request-turns.js';
import { runQuery, type EngineFacts, type QueryExchange } from './run-query.js';
import { RunningQueries } from './running-queries.js';
import { Sessions } from './sessions.js';

/** What the door needs of the server. */
export interface HttpHost {
  context: ServerContext;
  tls: TlsIdentity | undefined;
  /** Whether a socket is taken; one that is not has been counted, and is to be closed. */
  admit: (socket: Socket) => FlashError | undefined;
}

/**
 * ClickHouse's HTTP interface over the engine: one statement a request, under the limits of the whole
 * server.
 */
export class HttpDoor {
  port = 0;
  readonly #context: ServerContext;
  readonly #options: HttpOptions;
  readonly #admit: HttpHost['admit'];
  readonly #login: HttpLogin;
  readonly #server: Server | TlsServer;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #active = new Map<ServerResponse, Running>();
  readonly #turns = new RequestTurns();
  readonly #sessions = new Sessions();
  readonly #running = new RunningQueries();
  #page: Page | undefined;
  #facts: EngineFacts = { version: '', timezone: '', fixed: new Map() };
  #lastId = 0;
  #onIdle: (() => void) | undefined;

  constructor({ context, tls, admit }: HttpHost, options: HttpOptions) {
    this.#context = context;
    this.#options = options;
    this.#admit = admit;
    this.#login = new HttpLogin(context, options.isOpen);
    const { loginTimeoutMs } = context.limits;
    const settings = {
      headersTimeout: loginTimeoutMs,
      // The time of a body is watched while it is read.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: headBytesMax,
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const handshakeTimeout = loginTimeoutMs;
    this.#tls =
      tls === undefined
        ? undefined
        : createTlsServer({ ...settings, ...tlsContext(tls), handshakeTimeout }, onRequest);
    this.#server = this.#tls ?? createServer(settings, onRequest);
    this.#server.on('connection', (socket: Socket) => {
      this.#take(socket);
    });
  }

  /** `http://host:port`. */
  get url(): string {
    const { host } = this.#options;
    const name = host.includes(':') ? `[${host}]` : host;
    return `${this.#tls === undefined ? 'http' : 'https'}://${name}:${this.port}`;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Queries that run now. */
  listScans(): readonly OpenScan[] {
    const scans: OpenScan[] = [];
    for (const { active, peer } of this.#active.values()) {
      if (!active.isScan) continue;
      const { streamId, what, startedAtMs, rows, bytes } = active;
      scans.push({ connection: streamId, peer, what, startedAtMs, rows, bytes });
    }
    return scans;
  }

  /** Statements that run now. */
  listRunning(): readonly RunningRequest[] {
    const all = [...this.#active.values()].filter(({ active }) => active.statement !== undefined);
    return all.map(({ active, peer }) => ({ id: `http-${active.streamId}`, peer, active }));
  }

  /** Errors: as `listenOn`, and those of the engine. */
  async start(): Promise<void> {
    const { engine, readStatus } = this.#context;
    const [row] = await queryRows(engine, 'SELECT version() AS version, timezone() AS timezone');
    const fixed = await queryRows(
      engine,
      `SELECT name, value FROM system.settings WHERE readonly OR name = 'final'
       OR alias_for IN (SELECT name FROM system.settings WHERE readonly)`,
    );
    this.#facts = {
      version: String(row?.['version']),
      timezone: String(row?.['timezone']),
      fixed: new Map(fixed.map(({ name, value }) => [String(name), String(value)])),
    };
    this.port = (await listenOn(this.#server, this.#options)).port;
    if (readStatus !== undefined) this.#page = new Page(this.#context, readStatus);
  }

  /** Uses another certificate for the connections to come. */
  setIdentity(identity: TlsIdentity): void {
    this.#tls?.setSecureContext(tlsContext(identity));
  }

  /** Takes nothing more, and resolves when what runs has ended; `drainTimeoutMs` bounds that. */
  async close(drainTimeoutMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      const reason = new FlashError('CANCELLED', 'The server stops, and waited long enough');
      for (const { active } of this.#active.values()) active.abort(reason);
      setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, lingerMs).unref();
    }, drainTimeoutMs);
    if (this.#active.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroySoon();
    await this.#page?.close();
    await closed;
  }

  #take(socket: Socket): void {
    const refused = this.#admit(socket);
    if (refused !== undefined) {
      // A client that speaks TLS would not understand the words.
      if (this.#tls !== undefined) socket.destroy();
      else {
        const { text } = toErrorAnswer(refused, this.#facts.version);
        socket.end(`HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n${text}\n`);
        setTimeout(() => socket.destroy(), lingerMs).unref();
      }
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    response.on('error', () => response.destroy());
    const turn = this.#turns.take(request, response);
    if (turn === undefined) {
      socket.destroy();
      return;
    }
    await turn;
    // The answer before was the last one of the connection: this one can't be told.
    if (response.socket === null || response.destroyed) return;
    const active = new ActiveRequest((this.#lastId += 1), 'HTTP');
    const peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    this.#active.set(response, { active, peer });
    response.on('close', () => {
      if (!response.writableFinished) {
        active.abort(new FlashError('CANCELLED', 'The client went away'));
      }
    });
    try {
      await this.#answer(request, response, active);
    } catch (error) {
      this.#tellFailure(request, response, active, error);
    } finally {
      active.finish();
      this.#active.delete(response);
      if (this.#active.size === 0) this.#onIdle?.();
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    active: ActiveRequest,
  ): Promise<void> {
    response.setHeader('X-ClickHouse-Server-Display-Name', displayName);
    // Browsers log in here: no answer may become a page that they run.
    response.setHeader('X-Content-Type-Options', 'nosniff');
    checkOrigin(request, this.#options.host);
    const url = readUrl(request);
    if (url === undefined) throw new FlashError('INVALID_REQUEST', 'The address is no URL');
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    if (!isGet && request.method !== 'POST') {
      response.setHeader('Allow', 'GET, HEAD, POST');
      finish(response, 405, 'Statements come by GET or POST.\n');
      return;
    }
    if (isGet && plainPaths.has(url.pathname)) {
      finish(response, 200, 'Ok.\n');
      return;
    }
    if (isGet && healthPaths.has(url.pathname)) {
      const { status, text } = await this.#context.health.answer(url.pathname);
      finish(response, status, text);
      return;
    }
    if (this.#page?.takes(request, url) === true) {
      await this.#answerPage(this.#page, url, request, response, active);
      return;
    }
    if (url.pathname !== '/' && url.pathname !== '/query') {
      finish(
        response,
        404,
        `There is nothing at ${url.pathname.slice(0, 80)}; statements go to /.\n`,
      );
      return;
    }
    if (isGet && !url.searchParams.has('query')) {
      response.setHeader('Vary', 'Accept');
      finish(response, 200, 'Ok.\n');
      return;
    }
    if (this.#context.isDraining) throw new FlashError('BUSY', 'The server is about to stop');
    const account = await this.#login.check(request, url.searchParams);
    const parameters = readParameters(url.searchParams, request.headers, isGet);
    response.setHeader('X-ClickHouse-Query-Id', parameters.queryId);
    const leave = account === undefined ? undefined : this.#context.accounts?.enter(account);
    try {
      await runQuery(this.#begin(request, response, parameters, active, account));
    } finally {
      leave?.();
    }
  }

  /** Begins a statement of a client that has logged in. */
  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    parameters: QueryParameters,
    active: ActiveRequest,
    account: Account | undefined,
  ): QueryExchange {
    const allowedMs = shorter(account?.timeoutMs ?? 0, this.#context.limits.statementTimeoutMsMax);
    active.limitTime(shorter(parameters.timeoutMs, allowedMs));
    active.limitBytes(account?.resultBytesMax ?? 0);
    this.#context.metrics.requests += 1;
    const { server, facts } = { server: this.#context, facts: this.#facts };
    const { sessions, running } = { sessions: this.#sessions, running: this.#running };
    return { server, facts, sessions, running, request, response, parameters, active, account };
  }

  /** The password comes in the headers alone: an address with one would be in links and in the browser's history. */
  async #answerPage(
    page: Page,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    active: ActiveRequest,
  ): Promise<void> {
    if (this.#context.isDraining) throw new FlashError('BUSY', 'The server is about to stop');
    const account = await this.#login.check(request, new URLSearchParams());
    // It shows all that there is, and cancels anybody's query.
    refuseAccount(account, 'look at this page');
    await page.answer({
      ...{ request, response, url, active },
      read: async (given, take) => {
        const parameters = readParameters(given, {}, true);
        const exchange = this.#begin(request, response, parameters, active, account);
        await runQuery(exchange, async ({ beforeEnd }, answer) => {
          await take(answer);
          beforeEnd();
        });
      },
      readForm: () => readShortForm(request, this.#context),
    });
  }

  #tellFailure(
    request: IncomingMessage,
    response: ServerResponse,
    active: ActiveRequest,
    error: unknown,
  ): void {
    const known = toFlashError(active.signal.aborted ? active.signal.reason : error);
    this.#context.metrics.countError(known.code);
    this.#context.log(known.code === 'INTERNAL' ? 'error' : 'info', 'http-request-failed', {
      request: active.streamId,
      ...errorFields(known),
    });
    if (response.headersSent || response.destroyed) {
      if (!response.writableFinished) response.destroy();
      return;
    }
    const { code, status, text } = toErrorAnswer(known, this.#facts.version);
    response.setHeader('X-ClickHouse-Exception-Code', String(code));
    const url = readUrl(request);
    if (url !== undefined && this.#page?.takes(request, url) === true) {
      if (!request.complete) response.setHeader('Connection', 'close');
      this.#page.tellFailure(url, response, known, status, text);
      return;
    }
    if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="TheFlash"');
    // What is left of a body would be read for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    finish(response, status, `${text}\n`);
  }
}

interface Running {
  active: ActiveRequest;
  peer: string;
}

function readUrl({ url = '/' }: IncomingMessage): URL | undefined {
  const base = 'http://localhost';
  return URL.canParse(url, base) ? new URL(url, base) : undefined;
}

/** Errors: TOO_LARGE. */
async function readShortForm(
  request: IncomingMessage,
  context: ServerContext,
): Promise<URLSearchParams> {
  const lengthBytes = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(lengthBytes <= formBytesMax)) {
    throw new FlashError('TOO_LARGE', `A form has ${formBytesMax} bytes at most`);
  }
  const body = await readBody(request, context, false);
  try {
    return new URLSearchParams(Buffer.concat(body.pieces).toString('utf8'));
  } finally {
    body.release();
  }
}

const formBytesMax = 4096;

function finish(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' });
  response.end(text);
}

function tlsContext({ cert, key }: TlsIdentity): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' };
}

/** 0 stands for no limit. */
function shorter(wantedMs: number, allowedMs: number): number {
  if (wantedMs === 0 || allowedMs === 0) return Math.max(wantedMs, allowedMs);
  return Math.min(wantedMs, allowedMs);
}

/** Answered to everybody, as ClickHouse does. */
const plainPaths: ReadonlySet<string> = new Set(['/ping', '/replicas_status']);

const displayName = 'theflash';

/** As ClickHouse's `keep_alive_timeout`. */
const keepAliveMs = 30_000;

/** A statement may stand in the URL; each connection may hold so much before its login. */
const headBytesMax = 128 * 1024;

/** How long a client has to read the last words. */
const lingerMs = 1_000;
