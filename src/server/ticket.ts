import { createHmac, timingSafeEqual } from 'node:crypto';
import { FlashError, type TableRef } from '../protocol/index.js';
import { JsonFields, parseJson, wireLimits, type JsonLimit } from '../protocol/wire/index.js';

/** All that a server needs to run one split of a plan again and again. */
export interface Ticket {
  /** Server that issued it, until its restart. */
  serverId: string;
  /** ms since 1970, UTC. */
  expiresAtMs: number;
  database: string;
  table: string;
  /** The table that holds the rows: of a snapshot, or a view itself. */
  stored: TableRef;
  snapshot: string | undefined;
  /** Of the columns at planning time, as `fingerprintColumns` gives it. */
  columnsFingerprint: string;
  /** MySQL types of the result's columns by name; undefined: the table's own columns. */
  mysqlTypes: readonly (readonly [string, string])[] | undefined;
  sql: string;
}

/**
 * Encodes a ticket as text: the JSON in base64url, a dot, its HMAC-SHA256 in base64url. It is
 * signed, not secret: a holder may read it, and change nothing.
 */
export function signTicket(ticket: Ticket, key: Uint8Array): string {
  const body = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${body}.${sign(body, key).toString('base64url')}`;
}

/**
 * Decodes a ticket that a client brought.
 *
 * Errors: TICKET when it was not issued by this server since its start; EXPIRED past its time.
 */
export function openTicket(
  text: string,
  server: { key: Uint8Array; serverId: string; nowMs: number },
): Ticket {
  const dot = text.indexOf('.');
  const body = text.slice(0, Math.max(dot, 0));
  const given = Buffer.from(text.slice(dot + 1), 'base64url');
  const right = sign(body, server.key);
  if (given.length === right.length && timingSafeEqual(given, right)) {
    const ticket = parseTicket(body);
    if (ticket.expiresAtMs > server.nowMs) return ticket;
    throw new FlashError(
      'EXPIRED',
      `The ticket of ${ticket.database}.${ticket.table} expired at ${new Date(ticket.expiresAtMs).toISOString()}`,
      { hint: 'Plan the scan again.' },
    );
  }
  const issuer = readIssuer(body);
  throw issuer === undefined || issuer === server.serverId
    ? new FlashError('TICKET', 'The ticket is not genuine: its signature is wrong', {
        hint: 'Send tickets back as PLAN_OK gave them.',
      })
    : new FlashError(
        'TICKET',
        'The ticket is of another server, or of this one before its restart',
        {
          hint: 'Plan the scan again, on the server that is to run it.',
        },
      );
}

function sign(body: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

/** As `signTicket` makes it; what is larger is no ticket, and is not parsed. */
const ticketJson: JsonLimit = {
  bytesMax: wireLimits.jsonBytesMax,
  depthMax: 8,
  valuesMax: 40_000,
};

function parseTicket(body: string): Ticket {
  const fields = new JsonFields(
    'ticket',
    parseJson('ticket', Buffer.from(body, 'base64url'), ticketJson),
  );
  const stored = fields.object('stored');
  return {
    serverId: fields.text('serverId'),
    expiresAtMs: fields.integer('expiresAtMs', 0),
    database: fields.text('database'),
    table: fields.text('table'),
    stored: { database: stored.text('database'), table: stored.text('table') },
    snapshot: fields.optionalText('snapshot'),
    columnsFingerprint: fields.text('columnsFingerprint'),
    mysqlTypes: fields.has('mysqlTypes')
      ? fields.list('mysqlTypes', 10_000, (item) => parseTypeOf(item))
      : undefined,
    sql: fields.longText('sql'),
  };
}

function parseTypeOf(item: unknown): readonly [string, string] {
  if (Array.isArray(item)) return [String(item[0]), String(item[1])];
  throw new FlashError('TICKET', 'The ticket is not genuine: a type of a column is none');
}

/** Who a ticket says it is from; only to word an error, because nothing vouches for it. */
function readIssuer(body: string): string | undefined {
  try {
    return parseTicket(body).serverId;
  } catch {
    return undefined;
  }
}
