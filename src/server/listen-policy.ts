import { FlashError, isLoopback } from '../protocol/index.js';

/**
 * Checks that no server is opened to a network by accident: it needs a token, so that not everybody
 * gets in, and TLS, so that nobody reads along.
 *
 * Errors: INVALID_REQUEST.
 */
export function checkListen(options: {
  host: string;
  hasToken: boolean;
  hasTls: boolean;
  allowOpenNetwork: boolean;
}): void {
  if (isLoopback(options.host) || options.allowOpenNetwork) return;
  const missing = [
    ...(options.hasToken ? [] : ['a token (--token-file)']),
    ...(options.hasTls ? [] : ['TLS (--tls-cert, --tls-key)']),
  ];
  if (missing.length === 0) return;
  throw new FlashError(
    'INVALID_REQUEST',
    `${options.host} can be reached from other machines, and the server has not ${missing.join(' and ')}`,
    {
      hint: 'Add it, listen on 127.0.0.1, or say --allow-open-network where the network itself is guarded.',
    },
  );
}

/**
 * Checks the same of ClickHouse's HTTP interface, which asks for the token on this machine too: a page
 * in a browser reaches it as well.
 *
 * Errors: INVALID_REQUEST.
 */
export function checkHttpListen(
  http: { host: string; isOpen: boolean },
  credentials: { token: string | undefined; tls: object | undefined },
  { allowOpenNetwork = false, accounts }: { allowOpenNetwork?: boolean; accounts?: object },
): void {
  const isGuarded = credentials.token !== undefined || accounts !== undefined;
  if (!isGuarded && !http.isOpen) {
    throw new FlashError('INVALID_REQUEST', 'ClickHouse clients log in, and there is no token', {
      hint: 'Make one (openssl rand -hex 32 > token) and give --token-file token, or users (--users-file), or say --http-open to let in every program of this machine.',
    });
  }
  if (accounts !== undefined && http.isOpen) {
    throw new FlashError('INVALID_REQUEST', 'With --http-open everybody has all rights', {
      hint: 'Leave out --http-open, or --users-file.',
    });
  }
  checkListen({
    host: http.host,
    hasToken: isGuarded && !http.isOpen,
    hasTls: credentials.tls !== undefined,
    allowOpenNetwork,
  });
}

/**
 * Parses `host:port`, an IPv6 host in brackets.
 *
 * Errors: INVALID_REQUEST.
 */
export function parseListenAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new FlashError('INVALID_REQUEST', `Not an address to listen on: ${text}`, {
      hint: 'Write host:port, as 127.0.0.1:9330 or [::1]:9330; port 0 takes a free one.',
    });
  }
  return { host, port };
}
