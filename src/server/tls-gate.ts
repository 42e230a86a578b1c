import { type Socket } from 'node:net';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { type TlsIdentity } from './credentials.js';

/**
 * Tells TLS connections from plain ones by their first byte, so that a plain client on a TLS port
 * can be told what is wrong instead of being cut off.
 *
 * Shape: exactly one of the callbacks is called for a socket that sends anything.
 */
export class TlsGate {
  readonly #server: Server;
  readonly #onPlain: (socket: Socket) => void;
  readonly #firstByteTimeoutMs: number;
  /** Plain sockets on which TLS is still being agreed on, by their peer's address and port. */
  readonly #pending = new Map<string, Socket>();

  constructor(options: {
    handshakeTimeoutMs: number;
    onSecure: (socket: Socket) => void;
    onPlain: (socket: Socket) => void;
    onFailure: (error: Error) => void;
  }) {
    this.#onPlain = options.onPlain;
    this.#firstByteTimeoutMs = options.handshakeTimeoutMs;
    this.#server = createTlsServer({ handshakeTimeout: options.handshakeTimeoutMs });
    this.#server.on('secureConnection', (socket) => {
      this.#pending.delete(addressOf(socket));
      options.onSecure(socket);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      options.onFailure(error);
      socket.destroy();
    });
  }

  /** Uses another certificate for the connections to come. */
  setIdentity({ cert, key }: TlsIdentity): void {
    this.#server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Ends the connections that are no further than their handshake. */
  destroyPending(): void {
    for (const socket of this.#pending.values()) socket.destroy();
  }

  /** Takes a connection that was just accepted. */
  take(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#firstByteTimeoutMs);
    socket.on('error', () => socket.destroy());
    const address = addressOf(socket);
    this.#pending.set(address, socket);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#pending.delete(address);
    });
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === handshakeRecord) this.#server.emit('connection', socket);
      else {
        this.#pending.delete(address);
        this.#onPlain(socket);
      }
    });
  }
}

/** First byte of a TLS handshake record (RFC 8446, section 5.1, ContentType). */
const handshakeRecord = 0x16;

function addressOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}
