import { type IncomingMessage, type ServerResponse } from 'node:http';
import { FlashError, type Answer } from '../../../protocol/index.js';
import { type ActiveRequest } from '../../active-request.js';
import { type ServerContext } from '../../context.js';
import { type ServerFigures, type StatusReader } from '../../status-document.js';
import { acceptsHtml } from './accepts-html.js';
import { formToken, isFormToken } from './form-token.js';
import { History, sampleEveryMs } from './history.js';
import { layOut } from './layout.js';
import { trouble } from './parts.js';
import { previewFormat, readFirstRows } from './result-rows.js';
import { previewBytesMax, rowsMax, sqlPage, type SqlOutcome } from './sql-page.js';
import { StatusCache } from './status-cache.js';
import { refreshSecondsDefault, statusPage } from './status-page.js';
import { contentSecurityPolicy } from './style.js';

/** A request that has logged in, and what the door gives for it. */
export interface PageExchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  active: ActiveRequest;
  /** Runs a statement that only reads, as one that came by GET, and hands its answer over. */
  read: (parameters: URLSearchParams, take: (answer: Answer) => Promise<void>) => Promise<void>;
  /** Reads a short body. */
  readForm: () => Promise<URLSearchParams>;
}

/**
 * The page that people look at: `/status` and `/sql`, `/status.json` for programs, and `/` for browsers. It needs no
 * script and no file beside it.
 */
export class Page {
  readonly #context: ServerContext;
  readonly #status: StatusCache;
  readonly #history = new History();
  readonly #timer: NodeJS.Timeout;

  constructor(context: ServerContext, readStatus: StatusReader) {
    this.#context = context;
    this.#status = new StatusCache(readStatus);
    this.#sample();
    this.#timer = setInterval(() => {
      this.#sample();
    }, sampleEveryMs).unref();
  }

  /** Whether a request is for the page. */
  takes({ method, headers }: IncomingMessage, url: URL): boolean {
    if (method === 'POST') return url.pathname === '/cancel';
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (url.pathname !== '/') return paths.has(url.pathname);
    return !url.searchParams.has('query') && acceptsHtml(headers.accept);
  }

  /** Errors: DENIED for a form that is not of this page; those of a statement are on the page. */
  async answer(exchange: PageExchange): Promise<void> {
    const { response, url } = exchange;
    switch (url.pathname) {
      case '/cancel':
        await this.#cancel(exchange);
        return;
      case '/sql':
        await this.#answerSql(exchange);
        return;
      case '/status.json':
        await this.#answerJson(response);
        return;
      default:
        await this.#answerStatus(exchange);
    }
  }

  /** Tells an error as what was asked for: a page, or JSON. `text` is the door's. */
  tellFailure(
    url: URL,
    response: ServerResponse,
    error: FlashError,
    status: number,
    text: string,
  ): void {
    // A browser asks for another password after this one alone.
    const known = error.code === 'AUTH' ? 401 : status;
    if (known === 401) response.setHeader('WWW-Authenticate', challenge);
    const { code, message, hint, place } = error;
    if (url.pathname === '/status.json') {
      send(response, known, 'application/json', errorJson({ code, message, hint, place }));
      return;
    }
    const query = url.searchParams.get('query');
    const page =
      url.pathname === '/sql' && query !== null && code !== 'AUTH'
        ? sqlPage(query, { kind: 'error', text })
        : layOut({ title: 'TheFlash: error', main: trouble(message, hint) });
    sendPage(response, known, page);
  }

  /** Resolves when it asks the engine nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#status.settle();
  }

  #sample(): void {
    const { listSources, metrics } = this.#context;
    this.#history.take(Date.now(), listSources?.() ?? [], metrics.bytesSent);
  }

  async #answerStatus({ request, response, url }: PageExchange): Promise<void> {
    const context = this.#context;
    const known = await this.#status.get();
    const nowMs = Date.now();
    const sources = (context.listSources?.() ?? []).map((source) => ({
      source,
      history: this.#history.ofSource(nowMs, source),
    }));
    const page = statusPage({
      ...{ nowMs, known, sources },
      running: context.listRunning(),
      errors: context.errors.list(),
      server: this.#figures(),
      sent: this.#history.sent(nowMs, context.metrics.bytesSent),
      token: formToken(context.ticketKey, request.headers.authorization),
      refreshSeconds: readRefresh(url.searchParams.get('refresh')),
      cancelled: readCancelled(url.searchParams),
    });
    sendPage(response, 200, page);
  }

  async #answerJson(response: ServerResponse): Promise<void> {
    const { reading, failure } = await this.#status.get();
    if (reading === undefined) {
      throw failure ?? new FlashError('INTERNAL', 'The engine was not asked how it stands');
    }
    const { status, warnings, readAtMs } = reading;
    const readAt = new Date(readAtMs).toISOString();
    const stale = failure === undefined ? {} : { failure: jsonOf(failure) };
    const document = { ...status, server: this.#figures(), warnings, readAt, ...stale };
    send(response, 200, 'application/json', `${JSON.stringify(document)}\n`);
  }

  async #answerSql({ response, url, active, read }: PageExchange): Promise<void> {
    const query = url.searchParams.get('query') ?? '';
    let outcome: SqlOutcome | undefined;
    if (query.trim() !== '') {
      const parameters = new URLSearchParams({ query, default_format: previewFormat });
      await read(parameters, async (answer) => {
        const rows = await readFirstRows(answer, { rowsMax, bytesMax: previewBytesMax });
        const { format } = await answer.summary();
        outcome =
          format === previewFormat
            ? { kind: 'rows', rows, elapsedMs: active.elapsedMs }
            : { kind: 'format', format };
      });
    }
    sendPage(response, 200, sqlPage(query, outcome));
  }

  async #cancel({ request, response, readForm }: PageExchange): Promise<void> {
    const form = await readForm();
    const { ticketKey } = this.#context;
    if (!isFormToken(form.get('token') ?? '', ticketKey, request.headers.authorization)) {
      throw new FlashError(
        'DENIED',
        'The form is of another run of the server, or of another login',
        {
          hint: 'Load the page again, and press the button there.',
        },
      );
    }
    const id = form.get('id') ?? '';
    const found = this.#context.listRunning().find((each) => each.id === id);
    found?.active.abort(new FlashError('CANCELLED', 'Query was cancelled from the page'));
    const told = new URLSearchParams({ [found === undefined ? 'gone' : 'cancelled']: id });
    response.writeHead(303, { Location: `status?${told.toString()}`, 'Cache-Control': 'no-store' });
    response.end();
  }

  #figures(): ServerFigures {
    const context = this.#context;
    return {
      version: `theflash/${context.version}`,
      startedAt: new Date(context.startedAtMs).toISOString(),
      connections: context.countConnections(),
      openWrites: context.writes.count,
      openScans: context.listScans(),
      sources: (context.listSources?.() ?? []).map(({ state }) => state),
    };
  }
}

const paths: ReadonlySet<string> = new Set(['/status', '/status.json', '/sql']);

const challenge = 'Basic realm="TheFlash", charset="UTF-8"';

function readRefresh(text: string | null): number {
  const seconds = Number(text ?? refreshSecondsDefault);
  if (seconds === 0) return 0;
  return Number.isInteger(seconds) && seconds >= 2 && seconds <= 3600
    ? seconds
    : refreshSecondsDefault;
}

function readCancelled(parameters: URLSearchParams): { id: string; isDone: boolean } | undefined {
  const id = parameters.get('cancelled') ?? parameters.get('gone') ?? '';
  // What a link says is shown where it may be an id.
  if (!/^(?:http|tcp)-\d{1,16}(?:-\d{1,16})?$/.test(id)) return undefined;
  return { id, isDone: parameters.has('cancelled') };
}

interface JsonError {
  code: string;
  message: string;
  hint: string | null;
  place: object;
}

function jsonOf({
  code,
  message,
  hint,
  place,
}: Pick<FlashError, 'code' | 'message' | 'hint' | 'place'>): JsonError {
  return { code, message, hint: hint ?? null, place };
}

/** As `--json` tells it. */
function errorJson(error: Pick<FlashError, 'code' | 'message' | 'hint' | 'place'>): string {
  return `${JSON.stringify({ error: jsonOf(error) })}\n`;
}

function sendPage(response: ServerResponse, status: number, page: string): void {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy);
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Vary', 'Accept');
  send(response, status, 'text/html; charset=UTF-8', page);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // None at all would make the Origin of forms null.
    'Referrer-Policy': 'same-origin',
  });
  response.end(text);
}
