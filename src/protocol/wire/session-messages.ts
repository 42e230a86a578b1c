import { wireLimits } from './constants.js';
import { type JsonFields } from './json-fields.js';

/** Opens a session; the first frame of a client, right after the preface. */
export interface HelloMessage {
  type: 'HELLO';
  /** Program and version, for the server's log. */
  client: string;
  /** Largest frame body that the client takes. */
  frameBytesMax: number;
  /** False asks for frames without checksums from HELLO_OK on, where TLS guards the bytes. */
  checksum: boolean;
  /** Whose rights are asked for, of the server's users file; missing for the token's. */
  user?: string;
}

/** What a server allows. Units: bytes and ms; 0 ms stands for no limit. */
export interface ServerLimits {
  frameBytesMax: number;
  messageBytesMax: number;
  appendBytesMax: number;
  idleTimeoutMs: number;
  writeIdleTimeoutMs: number;
  stallTimeoutMs: number;
  statementTimeoutMsMax: number;
}

export interface HelloOkMessage {
  type: 'HELLO_OK';
  /** The version that both speak from here on. */
  version: number;
  server: string;
  /** Random, new with each start of the server; tickets of another one are refused. */
  serverId: string;
  /** What AUTH has to hold: of a user the password, which only TLS or this machine keeps to itself. */
  auth: 'none' | 'token' | 'password';
  /** 32 random bytes in hex, for the proof of AUTH. */
  nonce: string;
  checksum: boolean;
  limits: ServerLimits;
}

/** Proves that the client has the token. Shape: `nonce` 32 random bytes, `proof` 32 bytes, in hex. */
export interface TokenAuthMessage {
  type: 'AUTH';
  nonce: string;
  proof: string;
}

/** The password of the user of HELLO. */
export interface PasswordAuthMessage {
  type: 'AUTH';
  password: string;
}

export type AuthMessage = TokenAuthMessage | PasswordAuthMessage;

/** Proves that the server has the token too; without `proof` for a user, whose password it does not have. */
export interface AuthOkMessage {
  type: 'AUTH_OK';
  proof?: string;
}

export interface PingMessage {
  type: 'PING';
}

export interface PongMessage {
  type: 'PONG';
}

/** The server is about to stop: what runs may end, new requests are refused. */
export interface GoawayMessage {
  type: 'GOAWAY';
  reason: string;
  /** How long running requests may take. */
  drainTimeoutMs: number;
}

export function parseHello(fields: JsonFields): HelloMessage {
  return {
    type: 'HELLO',
    client: fields.text('client', 200),
    frameBytesMax: parseFrameBytesMax(fields),
    checksum: fields.flag('checksum'),
    ...(fields.has('user') ? { user: fields.text('user', 64) } : {}),
  };
}

export function parseHelloOk(fields: JsonFields): HelloOkMessage {
  const limits = fields.object('limits');
  return {
    type: 'HELLO_OK',
    version: fields.integer('version', 0, 255),
    server: fields.text('server', 200),
    serverId: fields.text('serverId', 64),
    auth: fields.choice('auth', ['none', 'token', 'password']),
    nonce: parseHex32(fields, 'nonce'),
    checksum: fields.flag('checksum'),
    limits: {
      frameBytesMax: parseFrameBytesMax(limits),
      messageBytesMax: limits.integer('messageBytesMax', 1),
      appendBytesMax: limits.integer('appendBytesMax', 1),
      idleTimeoutMs: limits.integer('idleTimeoutMs', 0),
      writeIdleTimeoutMs: limits.integer('writeIdleTimeoutMs', 0),
      stallTimeoutMs: limits.integer('stallTimeoutMs', 0),
      statementTimeoutMsMax: limits.integer('statementTimeoutMsMax', 0),
    },
  };
}

export function parseAuth(fields: JsonFields): AuthMessage {
  if (fields.has('password')) return { type: 'AUTH', password: fields.text('password', 1000) };
  return { type: 'AUTH', nonce: parseHex32(fields, 'nonce'), proof: fields.text('proof', 128) };
}

export function parseAuthOk(fields: JsonFields): AuthOkMessage {
  const proof = fields.optionalText('proof', 128);
  return { type: 'AUTH_OK', ...(proof === undefined ? {} : { proof }) };
}

export function parseGoaway(fields: JsonFields): GoawayMessage {
  return {
    type: 'GOAWAY',
    reason: fields.text('reason'),
    drainTimeoutMs: fields.integer('drainTimeoutMs', 0),
  };
}

function parseFrameBytesMax(fields: JsonFields): number {
  return fields.integer(
    'frameBytesMax',
    wireLimits.frameBytesMaxLowest,
    wireLimits.frameBytesMaxHighest,
  );
}

function parseHex32(fields: JsonFields, name: string): string {
  const value = fields.text(name, 64);
  // A choice of one: the field is right or the same error as for any other wrong value.
  return /^[0-9a-f]{64}$/.test(value) ? value : fields.choice(name, ['64 hex digits']);
}
