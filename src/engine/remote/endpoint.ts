import { isIP } from 'node:net';
import { FlashError } from '../../protocol/index.js';

/** Where a server is. */
export interface Endpoint {
  host: string;
  port: number;
  isTls: boolean;
  /** Whose rights are asked for, where the address names a user. */
  user?: string;
  /** As the user wrote it, for messages. */
  location: string;
}

/** Port of `theflash serve`, where a location names none. */
export const defaultPort = 9330;

/**
 * Parses `tcp://host:port` or `tls://user@host:port`.
 *
 * Errors: INVALID_REQUEST for anything else; a path or a password are not understood, and so refused.
 */
export function parseEndpoint(location: string): Endpoint {
  const match =
    /^(tcp|tls):\/\/(?:([\w.-]{1,64})@)?(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?\/?$/i.exec(
      location,
    );
  const user = match?.[2];
  const host = match?.[3] ?? match?.[4];
  const port = match?.[5] === undefined ? defaultPort : Number(match[5]);
  const isHost = host !== undefined && (match?.[3] === undefined || isIP(host) === 6);
  if (!isHost || port < 1 || port > 65_535) {
    throw new FlashError('INVALID_REQUEST', `Not the address of a server: ${location}`, {
      hint: 'Write tcp://host:port or tls://host:port; a token, or the password of user@, goes into THEFLASH_TOKEN.',
    });
  }
  const isTls = match?.[1]?.toLowerCase() === 'tls';
  return { host, port, isTls, location, ...(user === undefined ? {} : { user }) };
}
