import { type Socket } from 'node:net';
import { FlashError } from '../../protocol/index.js';
import {
  BufferPool,
  encodePreface,
  fromErrorMessage,
  MessageReader,
  MessageWriter,
  wireLimits,
  type HelloOkMessage,
  type Message,
  type Received,
} from '../../protocol/wire/index.js';
import { type Endpoint } from './endpoint.js';
import { logIn } from './log-in.js';
import { openSocket } from './open-socket.js';
import { type ResolvedOptions } from './options.js';
import { lostError, socketError } from './socket-error.js';

/** One connection to a server, logged in. It runs one request at a time. */
export class ClientConnection {
  readonly endpoint: Endpoint;
  readonly #socket: Socket;
  readonly #options: ResolvedOptions;
  readonly #buffers: BufferPool;
  readonly #reader: MessageReader;
  readonly #writer = new MessageWriter();
  readonly #queue: Received[] = [];
  #waiter: (() => void) | undefined;
  #failure: FlashError | undefined;
  #streamId = 0;
  #isBusy = false;
  #credit = 0;
  #isGoingAway = false;
  #awaitsPong = false;
  #hello: HelloOkMessage | undefined;
  #ping: NodeJS.Timeout | undefined;
  #hasReceived = false;
  /** ms since 1970. */
  #lastHeardMs = Date.now();

  private constructor(endpoint: Endpoint, socket: Socket, options: ResolvedOptions) {
    this.endpoint = endpoint;
    this.#socket = socket;
    this.#options = options;
    this.#buffers = new BufferPool(options.scanWindowBytes);
    this.#reader = new MessageReader(wireLimits.loginFrameBytesMax, wireLimits.messageBytesMax, {
      buffers: this.#buffers,
    });
    socket.on('error', (error) => {
      this.fail(socketError(endpoint, error));
    });
    socket.on('close', () => {
      this.fail(lostError(endpoint, 'closed the connection'));
    });
  }

  /** Connects and logs in. Errors: CONNECTION, VERSION, AUTH, PROTOCOL, BUSY. */
  static async open(endpoint: Endpoint, options: ResolvedOptions): Promise<ClientConnection> {
    let receive: (chunk: Uint8Array) => void = () => undefined;
    const socket = await openSocket(endpoint, options, (chunk) => {
      receive(chunk);
    });
    const connection = new ClientConnection(endpoint, socket, options);
    // A server says nothing before it is spoken to.
    receive = (chunk) => {
      connection.#receive(chunk);
    };
    try {
      socket.write(encodePreface());
      connection.#hello = await logIn(connection, endpoint, options);
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.#reader.frameBytesMax = options.frameBytesMax;
    connection.#writer.frameBytesMax = connection.hello.limits.frameBytesMax;
    return connection;
  }

  /** True while another request can be made: nothing runs, and the server stays. */
  get isFree(): boolean {
    return !this.#isBusy && !this.#isGoingAway && this.#failure === undefined;
  }

  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** True while a request of this connection awaits its last answer. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** ms since anything came. */
  get silentMs(): number {
    return Date.now() - this.#lastHeardMs;
  }

  /** What the server said of itself. */
  get hello(): HelloOkMessage {
    if (this.#hello !== undefined) return this.#hello;
    throw new FlashError('INTERNAL', 'The server is known only after the login');
  }

  /** Leaves checksums out, or not, from here on; for the login. */
  setChecksum(isOn: boolean): void {
    this.#reader.checksum = isOn;
    this.#writer.checksum = isOn;
  }

  /** Sends a message outside of any request, for the login. */
  async greet(message: Message): Promise<Message> {
    await this.#send(message, 0);
    return (await this.#next()).message;
  }

  /** Begins a request under a new stream id. The last answer is reported by `finish`. */
  async begin(message: Message, payload?: Uint8Array): Promise<void> {
    if (this.#isBusy) throw new FlashError('INTERNAL', 'A second request on a connection');
    this.#isBusy = true;
    this.#streamId += 1;
    this.#credit = 'credit' in message ? message.credit : 0;
    this.#startPings();
    await this.#send(message, this.#streamId, payload);
  }

  /** Sends a further message of the request. */
  async send(message: Message, payload?: Uint8Array): Promise<void> {
    if (message.type === 'CREDIT') this.#credit += message.bytes;
    await this.#send(message, this.#streamId, payload);
  }

  /**
   * Gives the next message of the request.
   *
   * Errors: the one that the server tells, after which the request is over; CONNECTION when it is
   * silent for too long or gone; PROTOCOL.
   */
  async receive(): Promise<Received> {
    const received = await this.#next();
    if (received.message.type !== 'ERROR') return received;
    this.finish();
    throw fromErrorMessage(received.message);
  }

  /** Takes the payload of a received message back: its bytes are not needed any more. */
  recycle(payload: Uint8Array): void {
    if (payload.buffer instanceof ArrayBuffer) this.#buffers.give(payload.buffer);
  }

  /** Takes note that the request had its last answer. */
  finish(): void {
    this.#isBusy = false;
    clearInterval(this.#ping);
  }

  /** Asks whether the server is there, on a connection without a request. */
  async ping(): Promise<void> {
    this.#awaitsPong = true;
    await this.#send({ type: 'PING' }, 0);
    await this.#next();
    this.#awaitsPong = false;
  }

  /** Ends the connection with an error that all who wait get. */
  fail(error: FlashError): void {
    this.#failure ??= error;
    clearInterval(this.#ping);
    this.#socket.destroy();
    this.#waiter?.();
  }

  close(): void {
    this.fail(
      new FlashError('CANCELLED', `The connection to ${this.endpoint.location} was closed`),
    );
  }

  /** Keeps the process alive, or not, while the connection waits in a pool. */
  setHolding(isHolding: boolean): void {
    if (isHolding) this.#socket.ref();
    else this.#socket.unref();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#lastHeardMs = Date.now();
    try {
      if (!this.#hasReceived) refuseTlsAlert(this.endpoint, chunk);
      this.#hasReceived = true;
      this.#reader.push(chunk);
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        this.#take(next);
      }
    } catch (error) {
      this.fail(error instanceof FlashError ? error : socketError(this.endpoint, error));
    }
    this.#waiter?.();
  }

  #take(received: Received): void {
    const { message, streamId, payload } = received;
    if (message.type === 'GOAWAY') {
      this.#isGoingAway = true;
      return;
    }
    if (message.type === 'ERROR' && message.fatal) throw fromErrorMessage(message);
    // PONG of a held connection, PROGRESS, and what is late from a request that is over.
    if (streamId !== 0 && (streamId !== this.#streamId || !this.#isBusy)) return;
    if (message.type === 'PROGRESS' || (message.type === 'PONG' && !this.#awaitsPong)) return;
    if (message.type === 'BATCH' && this.#credit <= 0) {
      throw new FlashError(
        'PROTOCOL',
        `${this.endpoint.location} sends more than it was given credit for`,
      );
    }
    this.#credit -= payload.length;
    if (this.#queue.length >= queueMax) {
      throw new FlashError('PROTOCOL', `${this.endpoint.location} sends what was not asked for`);
    }
    this.#queue.push(received);
  }

  async #next(): Promise<Received> {
    const { responseMs } = this.#options.timeouts;
    const startedMs = Date.now();
    for (;;) {
      const received = this.#queue.shift();
      if (received !== undefined) return received;
      if (this.#failure !== undefined) throw this.#failure;
      const leftMs = Math.max(startedMs, this.#lastHeardMs) + responseMs - Date.now();
      if (leftMs <= 0) this.fail(lostError(this.endpoint, `was silent for ${responseMs} ms`));
      else await this.#wait(leftMs);
    }
  }

  async #wait(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiter = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#waiter = undefined;
  }

  async #send(message: Message, streamId: number, payload?: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const pieces = this.#writer.encode(message, streamId, payload);
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.cork();
      pieces.forEach((piece, index) => {
        const isLast = index === pieces.length - 1;
        this.#socket.write(piece, (error) => {
          if (isLast && error) reject(this.#failure ?? socketError(this.endpoint, error));
          else if (isLast) resolve();
        });
      });
      this.#socket.uncork();
    });
    await this.#limitSend(sent);
  }

  /** A server that takes nothing and says nothing is lost, as one that only says nothing. */
  async #limitSend(sent: Promise<void>): Promise<void> {
    const { responseMs } = this.#options.timeouts;
    const startedMs = Date.now();
    const timer = setInterval(
      () => {
        const sinceMs = Date.now() - Math.max(startedMs, this.#lastHeardMs);
        if (sinceMs > responseMs)
          this.fail(lostError(this.endpoint, `took nothing for ${responseMs} ms`));
      },
      Math.ceil(responseMs / 4),
    );
    try {
      await sent;
    } finally {
      clearInterval(timer);
    }
  }

  #startPings(): void {
    clearInterval(this.#ping);
    this.#ping = setInterval(() => {
      this.#send({ type: 'PING' }, 0).catch((error: unknown) => {
        this.fail(socketError(this.endpoint, error));
      });
    }, this.#options.timeouts.pingMs).unref();
  }
}

/** A window's worth of the smallest batches; more would be a server that heeds no credit. */
const queueMax = 100_000;

/** A TLS alert (RFC 8446, section 6) is what a TLS server answers to plain bytes. */
function refuseTlsAlert(endpoint: Endpoint, chunk: Uint8Array): void {
  if (chunk[0] !== 0x15 || chunk[1] !== 0x03) return;
  throw new FlashError('PROTOCOL', `${endpoint.location} speaks TLS`, {
    hint: 'Connect with tls://host:port.',
  });
}
