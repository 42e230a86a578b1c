import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Endpoint } from './endpoint.js';
import { type ResolvedOptions } from './options.js';
import { lostError, socketError } from './socket-error.js';

/**
 * Opens a socket, TLS agreed on where it is wanted. `receive` gets what comes.
 *
 * Owns: a chunk's memory is used again when `receive` returns.
 * Errors: CONNECTION; AUTH for a certificate that is not trusted; PROTOCOL for a server without TLS.
 */
export function openSocket(
  endpoint: Endpoint,
  options: ResolvedOptions,
  receive: (chunk: Uint8Array) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = startSocket(endpoint, options, receive);
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

/** Bytes of a read: many small ones cost more than the copy out of a large one. */
const readBytes = 256 * 1024;

function startSocket(
  endpoint: Endpoint,
  options: ResolvedOptions,
  receive: (chunk: Uint8Array) => void,
): Socket {
  const { host, port, isTls } = endpoint;
  if (!isTls) {
    const callback = (lengthBytes: number, bytes: Uint8Array): boolean => {
      receive(bytes.subarray(0, lengthBytes));
      return true;
    };
    // One buffer for all reads; without it Node makes a new one for each.
    return connectTcp({ host, port, onread: { buffer: new Uint8Array(readBytes), callback } });
  }
  const socket = connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: Buffer.from(options.ca) }),
    ...(options.serverName === undefined ? {} : { servername: options.serverName }),
  });
  return socket.on('data', receive);
}
