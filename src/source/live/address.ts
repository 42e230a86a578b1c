import { isIP } from 'node:net';
import { FlashError, isLoopback } from '../../protocol/index.js';

/** How a connection is secured; the words are those of MySQL's own clients. */
export const tlsModes = [
  'DISABLED',
  'PREFERRED',
  'REQUIRED',
  'VERIFY_CA',
  'VERIFY_IDENTITY',
] as const;

export type TlsMode = (typeof tlsModes)[number];

/** Where a live source is, and how to log in. A missing part may come from an option file. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  /** Undefined where there is none: servers may let a user in without. */
  password: string | undefined;
  tls: { mode: TlsMode; ca?: string; cert?: string; key?: string };
  connectTimeoutMs: number;
}

/** What an option file, the environment or flags say; the URL wins over all of it. */
export interface AddressDefaults {
  host?: string;
  port?: string;
  user?: string;
  password?: string;
  'ssl-mode'?: string;
  'ssl-ca'?: string;
  'ssl-cert'?: string;
  'ssl-key'?: string;
  'connect-timeout'?: string;
}

const parameterNames = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'connect-timeout'] as const;

const example = 'mysql://repl@db.example.com:3306/?ssl-mode=VERIFY_CA&ssl-ca=ca.pem';

/** True for what `--binlog` takes as a running server. */
export function isServerUrl(spec: string): boolean {
  return /^(?:mysql|mariadb):\/\//i.test(spec);
}

/**
 * Reads `mysql://user:password@host:port/?ssl-mode=…`.
 *
 * Errors: INVALID_REQUEST, which never holds the password.
 */
export function parseServerUrl(spec: string, defaults: AddressDefaults = {}): ServerAddress {
  const url = readUrl(spec);
  const given: AddressDefaults = { ...defaults };
  for (const [name, value] of url.searchParams) {
    const known = parameterNames.find((parameter) => parameter === name);
    if (known === undefined) {
      throw addressError(
        `the URL has a parameter ${name}, which is not known`,
        `Parameters are ${parameterNames.join(', ')}, as in ${example}.`,
      );
    }
    given[known] = value;
  }
  const host = bare(url.hostname) || (given.host ?? '127.0.0.1');
  const user = decode(url.username) || (given.user ?? '');
  if (user === '') {
    throw addressError('no user is named for the source', `Name one, as ${example}.`);
  }
  return {
    host,
    port: readNumber('port', url.port || (given.port ?? '3306'), 1, 65_535),
    user,
    password: url.password === '' ? given.password : decode(url.password),
    tls: readTls(host, given),
    connectTimeoutMs:
      readNumber('connect-timeout', given['connect-timeout'] ?? '10', 1, 86_400) * 1000,
  };
}

/** The address for messages: without a password. */
export function addressText({ host, port, user }: ServerAddress): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The URL of a server for messages and commands: without a password. */
export function urlText(address: ServerAddress): string {
  return `mysql://${addressText(address)}/`;
}

function readUrl(spec: string): URL {
  let url: URL;
  try {
    url = new URL(spec);
  } catch {
    throw addressError(
      'the URL of the source can’t be read',
      `Write it as ${example}; characters as @, : and / in a password are written as %40, %3A and %2F.`,
    );
  }
  if (url.pathname !== '' && url.pathname !== '/') {
    throw addressError(
      `the URL of the source names a database, ${url.pathname}`,
      'Binary logs are of the whole server: leave it away, and choose tables by --include "db.*".',
    );
  }
  return url;
}

function readTls(host: string, given: AddressDefaults): ServerAddress['tls'] {
  const fallback = isLoopback(host) ? 'PREFERRED' : 'VERIFY_IDENTITY';
  const text = (given['ssl-mode'] ?? fallback).toUpperCase();
  const mode = tlsModes.find((name) => name === text);
  if (mode === undefined) {
    throw addressError(`ssl-mode can't be ${text}`, `It is one of ${tlsModes.join(', ')}.`);
  }
  // mysql2 holds a certificate against a name, and an address against none.
  if (mode === 'VERIFY_IDENTITY' && isIP(host) !== 0) {
    throw addressError(
      `ssl-mode=VERIFY_IDENTITY can't be had for ${host}: a certificate is held against a name`,
      'Name the host as its certificate does; or hold the certificate against its authority alone: ?ssl-mode=VERIFY_CA&ssl-ca=ca.pem.',
    );
  }
  const { 'ssl-ca': ca, 'ssl-cert': cert, 'ssl-key': key } = given;
  if ((cert === undefined) !== (key === undefined)) {
    throw addressError('ssl-cert and ssl-key go together', 'Give both, or none of them.');
  }
  return {
    mode,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw addressError(`${name} can't be ${JSON.stringify(text)}`, `It is from ${min} to ${max}.`);
}

/** An IPv6 address stands in brackets in a URL. */
function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw addressError(
      'the user or password in the URL holds a % that stands for no character',
      'Write a % itself as %25.',
    );
  }
}

function addressError(message: string, hint: string): FlashError {
  return new FlashError('INVALID_REQUEST', message, { hint });
}
