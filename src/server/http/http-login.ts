import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { FlashError } from '../../protocol/index.js';
import { clientAddress } from '../client-address.js';
import { type ServerContext } from '../context.js';

/** Logins over HTTP: the password is the server's token, the user any name. */
export class HttpLogin {
  readonly #server: ServerContext;
  readonly #isOpen: boolean;
  #waiting = 0;

  /** `isOpen`: nobody is asked. */
  constructor(server: ServerContext, isOpen: boolean) {
    this.#server = server;
    this.#isOpen = isOpen;
  }

  /**
   * Resolves where the request may go on. Wrong passwords wait, as over TCP.
   *
   * Errors: AUTH, with ClickHouse's REQUIRED_PASSWORD (194) where none was given; BUSY.
   */
  async check(request: IncomingMessage, parameters: URLSearchParams): Promise<void> {
    if (this.#isOpen) return;
    const { token } = this.#server.credentials;
    const given = findPassword(request, parameters);
    if (given === '') {
      throw new FlashError('AUTH', 'A password is required', {
        hint: 'It is the token of this server, with any user.',
        place: { engineCode: requiredPassword },
      });
    }
    const isRight = token !== undefined && equalTexts(given, token);
    const address = clientAddress(request.socket.remoteAddress);
    await this.#wait(this.#server.tokens.note(address, isRight));
    if (isRight) return;
    this.#server.metrics.loginsFailed += 1;
    throw new FlashError('AUTH', 'Authentication failed: the password is wrong', {
      hint: 'It is the token of this server, with any user.',
    });
  }

  async #wait(waitMs: number): Promise<void> {
    if (waitMs === 0) return;
    if (this.#waiting >= this.#server.limits.loginsMax) {
      throw new FlashError('BUSY', `More than ${this.#server.limits.loginsMax} clients log in`);
    }
    this.#waiting += 1;
    await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    this.#waiting -= 1;
  }
}

/** Code of ClickHouse for which HTTP clients ask for a password. */
const requiredPassword = 194;

/** Where ClickHouse's clients put it, in ClickHouse's order. */
function findPassword({ headers }: IncomingMessage, parameters: URLSearchParams): string {
  const key = headers['x-clickhouse-key'];
  if (typeof key === 'string') return key;
  const [, scheme = '', value = ''] =
    /^(Basic|Bearer) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme !== '')
    return Buffer.from(value, 'base64')
      .toString('utf8')
      .replace(/^[^:]*:?/, '');
  return parameters.get('password') ?? '';
}

function equalTexts(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
