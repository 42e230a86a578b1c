import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Endpoint } from './endpoint.js';
import { type ResolvedOptions } from './options.js';
import { lostError, socketError } from './socket-error.js';

/**
 * Opens a socket, TLS agreed on where it is wanted.
 *
 * Errors: CONNECTION; AUTH for a certificate that is not trusted; PROTOCOL for a server without TLS.
 */
export function openSocket(endpoint: Endpoint, options: ResolvedOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = startSocket(endpoint, options);
    const timer = setTimeout(() => {
      socket.destroy(lostError(endpoint, `did not answer within ${options.timeouts.connectMs} ms`));
    }, options.timeouts.connectMs);
    const onError = (error: unknown): void => {
      clearTimeout(timer);
      reject(socketError(endpoint, error));
    };
    const onClose = (): void => {
      onError(lostError(endpoint, 'closed the connection at once'));
    };
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(endpoint.isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
  });
}

function startSocket(endpoint: Endpoint, options: ResolvedOptions): Socket {
  const { host, port, isTls } = endpoint;
  if (!isTls) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: Buffer.from(options.ca) }),
    ...(options.serverName === undefined ? {} : { servername: options.serverName }),
  });
}
