import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { FlashError } from '../../protocol/index.js';

/** What a request says beside its SQL. */
export interface QueryParameters {
  query: string;
  queryId: string;
  /** Empty where the client names none. */
  database: string;
  session: SessionParameters | undefined;
  /** undefined where the client names none. */
  format: string | undefined;
  /** Values of {name:Type}, as ClickHouse's clients escape them. */
  values: Readonly<Record<string, string>>;
  /** ClickHouse's settings, to be checked by the engine. */
  settings: ReadonlyMap<string, string>;
  isReadOnly: boolean;
  /**
   * Hold the answer back until it is whole, or too large for it; or not at all, where the client says so
   * outright; else its beginning.
   */
  waitsForEnd: 'yes' | 'no' | 'unsaid';
  compresses: boolean;
  /** The answer leaves in ClickHouse's own packed blocks, and the body comes in them. */
  packsBlocks: boolean;
  unpacksBlocks: boolean;
  /** Which version of the format Native the client reads, as `client_protocol_version`; 0 where it names none. */
  revision: number;
  /** Units: ms; 0 where the client sets none. */
  timeoutMs: number;
}

/** Which session a request belongs to. Units: ms. */
export interface SessionParameters {
  id: string;
  timeoutMs: number;
  mustBe: boolean;
  closes: boolean;
}

/**
 * Reads the parameters of a request: those of ClickHouse's HTTP interface, those that clients always
 * send and that change nothing here, `param_…`, and settings.
 *
 * Errors: UNSUPPORTED for what is not carried out; INVALID_REQUEST.
 */
export function readParameters(
  parameters: URLSearchParams,
  headers: IncomingHttpHeaders,
  isGet: boolean,
): QueryParameters {
  const values: Record<string, string> = {};
  const settings = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (name.startsWith('param_')) values[name.slice('param_'.length)] = value;
    else if (unsupported.has(name)) refuseUnsupported(name);
    else if (!known.has(name)) settings.set(name, value);
  }
  const isOn = (name: string): boolean => isTrue(parameters.get(name));
  const database = parameters.get('database') ?? oneText(headers['x-clickhouse-database']);
  return {
    query: parameters.get('query') ?? '',
    queryId: readQueryId(parameters.get('query_id')),
    database: database ?? '',
    session: readSession(parameters),
    format: parameters.get('default_format') ?? oneText(headers['x-clickhouse-format']),
    values,
    settings,
    isReadOnly: isGet || (parameters.get('readonly') ?? '0') !== '0',
    waitsForEnd: readWait(parameters.get('wait_end_of_query')),
    compresses: isOn('enable_http_compression'),
    packsBlocks: isOn('compress'),
    unpacksBlocks: isOn('decompress'),
    revision: Number(parameters.get('client_protocol_version') ?? 0) || 0,
    timeoutMs: readSeconds(parameters.get('max_execution_time')),
  };
}

/** Carried out here, or of no effect: progress is not told in headers, and there are no shards. */
const known: ReadonlySet<string> = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'readonly',
  'wait_end_of_query',
  'enable_http_compression',
  'compress',
  'decompress',
  'max_execution_time',
  'buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'client_protocol_version',
  'close_session',
  'http_headers_progress_interval_ms',
  'http_make_head_request',
  'http_zlib_compression_level',
  'insert_distributed_sync',
  'log_comment',
  'log_queries',
  'quota_key',
  'send_progress_in_http_headers',
  'session_check',
  'session_id',
  'session_timeout',
  'stacktrace',
]);

/** Parameters that would change what a client gets. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ['role', 'There are no roles here: leave it out.'],
]);

function refuseUnsupported(name: string): never {
  const hint = unsupported.get(name) ?? '';
  throw new FlashError('UNSUPPORTED', `The parameter ${name} is not supported`, { hint });
}

function isTrue(value: string | null): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

function readWait(value: string | null): QueryParameters['waitsForEnd'] {
  if (isTrue(value)) return 'yes';
  return value === '0' || value?.toLowerCase() === 'false' ? 'no' : 'unsaid';
}

function oneText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readSession(parameters: URLSearchParams): SessionParameters | undefined {
  const id = parameters.get('session_id') ?? '';
  if (id === '') return undefined;
  if (id.length > 200) {
    throw new FlashError('INVALID_REQUEST', 'session_id has more than 200 letters');
  }
  const seconds = Number(parameters.get('session_timeout') ?? sessionSeconds);
  if (!(seconds >= 0 && seconds <= sessionSecondsMax)) {
    throw new FlashError('INVALID_REQUEST', `session_timeout must be 0 to ${sessionSecondsMax}`);
  }
  return {
    id,
    timeoutMs: seconds * 1000,
    mustBe: isTrue(parameters.get('session_check')),
    closes: isTrue(parameters.get('close_session')),
  };
}

/** As ClickHouse's default_session_timeout and max_session_timeout. */
const sessionSeconds = 60;
const sessionSecondsMax = 3600;

function readSeconds(text: string | null): number {
  const seconds = Number(text ?? 0);
  if (Number.isFinite(seconds) && seconds >= 0) return Math.min(seconds * 1000, timeoutMsMax);
  throw new FlashError('INVALID_REQUEST', `max_execution_time is no number of seconds: ${text}`);
}

/** The longest that a timer of Node takes. */
const timeoutMsMax = 2 ** 31 - 1;

/** It comes back in a header. */
function readQueryId(given: string | null): string {
  if (given === null || given === '') return randomUUID();
  if (/^[\x21-\x7e]{1,200}$/.test(given)) return given;
  throw new FlashError('INVALID_REQUEST', 'query_id must be 1 to 200 letters of ASCII, no spaces');
}
