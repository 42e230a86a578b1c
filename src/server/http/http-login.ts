import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { FlashError } from '../../protocol/index.js';
import { clientAddress } from '../client-address.js';
import { type ServerContext } from '../context.js';
import { type Account } from '../users/index.js';

/** Logins over HTTP: a user of the users file, or the server's token as the password of any other name. */
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
   * Gives whose request it is, undefined for who has all rights: with the name of a user of the users file it is that user,
   * with any other the password is the token. Wrong passwords wait, as over TCP.
   *
   * Errors: AUTH, with ClickHouse's REQUIRED_PASSWORD (194) where none was given; BUSY.
   */
  async check(request: IncomingMessage, parameters: URLSearchParams): Promise<Account | undefined> {
    if (this.#isOpen) return undefined;
    const { user, password } = findLogin(request, parameters);
    const { accounts, credentials } = this.#server;
    const hint =
      accounts === undefined
        ? 'It is the token of this server, with any user.'
        : 'It is that of a user of the users file.';
    if (password === '') {
      throw new FlashError('AUTH', 'A password is required', {
        hint,
        place: { engineCode: requiredPassword },
      });
    }
    const isToken =
      credentials.token !== undefined &&
      accounts?.has(user) !== true &&
      equalTexts(password, credentials.token);
    const account = isToken ? undefined : await this.#logIn(user, password);
    const isRight = isToken || account !== undefined;
    const address = clientAddress(request.socket.remoteAddress);
    await this.#wait(() => this.#server.tokens.note(address, isRight));
    if (isRight) return account;
    this.#server.metrics.loginsFailed += 1;
    throw new FlashError('AUTH', 'Authentication failed: the user or the password is wrong', {
      hint,
    });
  }

  /** Passwords that are checked count as logins that wait. */
  async #logIn(user: string, password: string): Promise<Account | undefined> {
    return await this.#counted(async () => await this.#server.accounts?.logIn(user, password));
  }

  async #wait(note: () => number): Promise<void> {
    const waitMs = note();
    if (waitMs === 0) return;
    await this.#counted(async () => {
      await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    });
  }

  async #counted<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#server.limits.loginsMax) {
      throw new FlashError('BUSY', `More than ${this.#server.limits.loginsMax} clients log in`);
    }
    this.#waiting += 1;
    try {
      return await wait();
    } finally {
      this.#waiting -= 1;
    }
  }
}

/** Code of ClickHouse for which HTTP clients ask for a password. */
const requiredPassword = 194;

/** Where ClickHouse's clients put them, in ClickHouse's order. */
function findLogin(
  { headers }: IncomingMessage,
  parameters: URLSearchParams,
): { user: string; password: string } {
  const key = headers['x-clickhouse-key'];
  const name = headers['x-clickhouse-user'];
  if (typeof key === 'string') return { user: typeof name === 'string' ? name : '', password: key };
  const [, scheme = '', value = ''] =
    /^(Basic|Bearer) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') {
    return {
      user: typeof name === 'string' ? name : (parameters.get('user') ?? ''),
      password: value,
    };
  }
  if (scheme !== '') {
    const text = Buffer.from(value, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0
      ? { user: '', password: text }
      : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return { user: parameters.get('user') ?? '', password: parameters.get('password') ?? '' };
}

function equalTexts(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
