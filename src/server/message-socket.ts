import { type Socket } from 'node:net';
import { FlashError } from '../protocol/index.js';
import {
  MessageReader,
  MessageWriter,
  wireLimits,
  type Message,
  type Received,
} from '../protocol/wire/index.js';

/** What a socket counts for the server's metrics. */
export interface TrafficCounts {
  bytesReceived: number;
  bytesSent: number;
}

/** Messages over one socket, both ways. It knows nothing of what they mean. */
export class MessageSocket {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #writer = new MessageWriter();
  readonly #counts: TrafficCounts;
  /** Whether frames carry checksums, both ways. */
  checksum = true;
  /** ms since 1970, of the last message that was sent. */
  lastSentMs = Date.now();
  /** Bytes of posted messages that have not left: the client does not read. */
  unreadBytes = 0;

  constructor(socket: Socket, payloadBytesMax: number, counts: TrafficCounts) {
    this.#socket = socket;
    this.#reader = new MessageReader(wireLimits.loginFrameBytesMax, payloadBytesMax, {
      sender: 'client',
    });
    this.#counts = counts;
  }

  /** True while nothing waits to leave. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Sets the sizes of frames that both sides take, once the login is done. */
  setFrameBytesMax(own: number, others: number): void {
    this.#reader.frameBytesMax = own;
    this.#writer.frameBytesMax = others;
  }

  /** Leaves checksums out, or not, from the next message on, both ways. */
  setChecksum(isOn: boolean): void {
    this.checksum = isOn;
    this.#reader.checksum = isOn;
    this.#writer.checksum = isOn;
  }

  /** Memory of a message that is not whole yet. */
  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  /** True where the next `next` takes a while, and gave undefined so that others may go first. */
  get isHeavy(): boolean {
    return this.#reader.isHeavy;
  }

  /** Adds bytes that came; those before must have been taken by `next`. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** Gives the next message that is whole. */
  next(): Received | undefined {
    return this.#reader.next();
  }

  /** Gives up what is not whole: nothing more is taken. */
  drop(): void {
    this.#reader.drop();
  }

  /** Has what is written leave together, until `uncork`. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /**
   * Sends a message; resolves when its bytes have left this process, so that the payload may change.
   *
   * Errors: CONNECTION when the socket ended first.
   */
  async send(
    message: Message,
    streamId: number,
    payload?: Uint8Array,
    payloadSum?: number,
  ): Promise<void> {
    const pieces = this.#writer.encode(message, streamId, payload, payloadSum);
    await new Promise<void>((resolve, reject) => {
      if (this.#socket.destroyed || this.#socket.writableEnded) {
        reject(lostError(undefined));
        return;
      }
      this.#writePieces(pieces, (error) => {
        if (error) reject(lostError(error));
        else resolve();
      });
    });
  }

  /** Sends a message whose fate does not matter, because the socket's own end is heeded. */
  post(message: Message, streamId: number): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const pieces = this.#writer.encode(message, streamId);
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.unreadBytes += bytes;
    this.#writePieces(pieces, () => {
      this.unreadBytes -= bytes;
      this.onRead();
    });
  }

  /** Called when a posted message has left. */
  onRead = (): void => undefined;

  #writePieces(pieces: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    this.lastSentMs = Date.now();
    this.#socket.cork();
    pieces.forEach((piece, index) => {
      this.#counts.bytesSent += piece.length;
      this.#socket.write(piece, index === pieces.length - 1 ? done : undefined);
    });
    this.#socket.uncork();
  }
}

function lostError(cause: unknown): FlashError {
  return new FlashError('CONNECTION', 'The client went away', {
    ...(cause === undefined ? {} : { cause }),
  });
}
