import { isIP } from 'node:net';
import { FlashError } from '../../protocol/index.js';

/** Where a server is. */
export interface Endpoint {
  host: string;
  port: number;
  isTls: boolean;
  /** As the user wrote it, for messages. */
  location: string;
}

/** Port of `theflash serve`, where a location names none. */
export const defaultPort = 9330;

/**
 * Parses `tcp://host:port` or `tls://host:port`.
 *
 * Errors: INVALID_REQUEST for anything else; a path, a user or a password are not understood, and
 * so refused.
 */
export function parseEndpoint(location: string): Endpoint {
  const match = /^(tcp|tls):\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?\/?$/i.exec(
    location,
  );
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? defaultPort : Number(match[4]);
  const isHost = host !== undefined && (match?.[2] === undefined || isIP(host) === 6);
  if (!isHost || port < 1 || port > 65_535) {
    throw new FlashError('INVALID_REQUEST', `Not the address of a server: ${location}`, {
      hint: 'Write tcp://host:port or tls://host:port; a token goes into THEFLASH_TOKEN.',
    });
  }
  return { host, port, isTls: match?.[1]?.toLowerCase() === 'tls', location };
}
