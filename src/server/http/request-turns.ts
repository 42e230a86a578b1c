import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/**
 * The order of requests that come on one connection before those before them are answered (pipelining of
 * HTTP/1.1): one runs at a time.
 */
export class RequestTurns {
  readonly #lines = new WeakMap<Socket, Line>();

  /**
   * Resolves when all requests before it on the connection have been answered, or the connection has
   * ended. undefined where more wait than one connection may have.
   */
  take(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const { socket } = request;
    const line = this.#lines.get(socket) ?? { last: Promise.resolve(), waiting: 0, bytes: 0 };
    this.#lines.set(socket, line);
    const bytes = headBytes(request);
    if (line.waiting >= waitingMax || line.bytes + bytes > waitingBytesMax) return undefined;
    const before = line.last;
    line.last = new Promise((resolve) => {
      // The next one may come as soon as the answer has left, before the response is closed.
      response.once('finish', resolve);
      response.once('close', resolve);
    });
    return this.#wait(line, before, bytes);
  }

  async #wait(line: Line, before: Promise<void>, bytes: number): Promise<void> {
    line.waiting += 1;
    line.bytes += bytes;
    await before;
    line.waiting -= 1;
    line.bytes -= bytes;
  }
}

interface Line {
  /** Resolves when the answer to the last request has left. */
  last: Promise<void>;
  waiting: number;
  bytes: number;
}

function headBytes({ url = '', rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length, url.length);
}

/** Requests that wait on a connection: their heads are held before anybody has logged in. */
const waitingMax = 100;

/** The same in bytes: as much as one head may have. */
const waitingBytesMax = 128 * 1024;
