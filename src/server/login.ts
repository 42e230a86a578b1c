import { randomBytes } from 'node:crypto';
import { FlashError } from '../protocol/index.js';
import {
  authProof,
  equalsInConstantTime,
  type HelloMessage,
  type HelloOkMessage,
  type Message,
  type TokenAuthMessage,
} from '../protocol/wire/index.js';
import { type ServerContext } from './context.js';
import { type Account } from './users/index.js';

/** What a client is told, and whether it may go on. */
export interface LoginAnswer {
  answer: Message | FlashError;
  isReady: boolean;
}

/**
 * The server's side of a login: HELLO, and AUTH where there is a token or a user is named. The
 * token is the one that was valid when the client said HELLO.
 */
export class Login {
  readonly #server: ServerContext;
  readonly #version: number;
  readonly #nonce = randomBytes(32).toString('hex');
  #token: string | undefined;
  #hello: HelloMessage | undefined;
  #auth: HelloOkMessage['auth'] = 'none';
  #account: Account | undefined;

  constructor(server: ServerContext, version: number) {
    this.#server = server;
    this.#version = version;
  }

  /** What the client said of itself; undefined before HELLO. */
  get hello(): HelloMessage | undefined {
    return this.#hello;
  }

  /** Whose rights the session has; undefined for all. */
  get account(): Account | undefined {
    return this.#account;
  }

  /**
   * Takes the client's next message and gives the answer, and whether the session is open.
   *
   * Shape: an error of code AUTH for a wrong proof or password.
   * Errors: PROTOCOL for a message that is not due.
   */
  async take(message: Message): Promise<LoginAnswer> {
    if (this.#hello === undefined) {
      if (message.type !== 'HELLO') throw refuse(message, 'HELLO');
      this.#hello = message;
      return this.#greet(message);
    }
    if (message.type !== 'AUTH' || this.#auth === 'none') throw refuse(message, 'AUTH');
    if ('password' in message) return await this.#checkPassword(message.password);
    if (this.#auth !== 'token' || this.#token === undefined) throw refuse(message, 'AUTH');
    return this.#checkProof(this.#token, message);
  }

  /** Whoever names a user gets that one's rights, or none. */
  #greet(hello: HelloMessage): LoginAnswer {
    const { accounts, credentials } = this.#server;
    this.#token = credentials.token;
    if (hello.user !== undefined && accounts !== undefined) this.#auth = 'password';
    else if (this.#token !== undefined) this.#auth = 'token';
    else if (accounts !== undefined) {
      const answer = new FlashError('AUTH', 'This server asks for a user', {
        hint: 'Name one in the address, tcp://user@host, and put its password into THEFLASH_TOKEN.',
      });
      return { answer, isReady: false };
    }
    return { answer: this.#helloOk(hello), isReady: this.#auth === 'none' };
  }

  async #checkPassword(password: string): Promise<LoginAnswer> {
    if (this.#auth !== 'password') throw new FlashError('PROTOCOL', 'A password is not due');
    this.#account = await this.#server.accounts?.logIn(this.#hello?.user ?? '', password);
    if (this.#account !== undefined) return { answer: { type: 'AUTH_OK' }, isReady: true };
    const answer = new FlashError('AUTH', 'The user or the password is wrong', {
      hint: 'Put the password into THEFLASH_TOKEN, or its file into THEFLASH_TOKEN_FILE.',
    });
    return { answer, isReady: false };
  }

  #checkProof(token: string, message: TokenAuthMessage): LoginAnswer {
    const nonces = {
      serverId: this.#server.serverId,
      serverNonce: this.#nonce,
      clientNonce: message.nonce,
    };
    if (!equalsInConstantTime(message.proof, authProof('client', token, nonces))) {
      const answer = new FlashError('AUTH', 'The token is wrong', {
        hint: 'Put the token of this server into THEFLASH_TOKEN, or its file into THEFLASH_TOKEN_FILE.',
      });
      return { answer, isReady: false };
    }
    const proof = authProof('server', token, nonces);
    return { answer: { type: 'AUTH_OK', proof }, isReady: true };
  }

  #helloOk(hello: HelloMessage): HelloOkMessage {
    const { limits, version, serverId } = this.#server;
    return {
      type: 'HELLO_OK',
      version: this.#version,
      server: `theflash/${version}`,
      serverId,
      auth: this.#auth,
      nonce: this.#nonce,
      checksum: hello.checksum,
      limits: {
        frameBytesMax: limits.frameBytesMax,
        messageBytesMax: limits.messageBytesMax,
        appendBytesMax: limits.appendBytesMax,
        idleTimeoutMs: limits.idleTimeoutMs,
        writeIdleTimeoutMs: limits.writeIdleTimeoutMs,
        stallTimeoutMs: limits.stallTimeoutMs,
        statementTimeoutMsMax: limits.statementTimeoutMsMax,
      },
    };
  }
}

function refuse(message: Message, due: string): FlashError {
  const hint =
    message.type === 'AUTH' ? undefined : 'Log in first: HELLO, then AUTH where it is asked for.';
  return new FlashError('PROTOCOL', `${message.type} came where ${due} is due`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
