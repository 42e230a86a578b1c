import { type IncomingMessage } from 'node:http';
import { FlashError, isLoopback } from '../../protocol/index.js';

/**
 * Refuses what a page in a browser sends here: any page may post to an address of this machine, and one
 * whose name its owner lets point to 127.0.0.1 may read the answer, too.
 *
 * Errors: DENIED where a server of this machine alone is called by another name, or the request comes
 * from a page of another place.
 */
export function checkOrigin({ headers }: IncomingMessage, listenHost: string): void {
  const { host = '', origin } = headers;
  const name = hostName(host);
  if (isLoopback(listenHost) && name !== listenHost.toLowerCase() && !isLoopback(name)) {
    throw new FlashError('DENIED', `This server is not called ${name.slice(0, 80)}`, {
      hint: 'Connect to 127.0.0.1 or localhost.',
    });
  }
  const isForeign = origin !== undefined && !/^https?:\/\//.test(origin);
  const isOther = origin !== undefined && originHost(origin) !== host.toLowerCase();
  if (!isForeign && !isOther && headers['sec-fetch-site'] !== 'cross-site') return;
  throw new FlashError('DENIED', 'Pages of other places may not send statements here', {
    hint: 'Let the server of the page send them.',
  });
}

function hostName(host: string): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function originHost(origin: string): string {
  return origin.replace(/^https?:\/\//, '').toLowerCase();
}
