import { randomBytes } from 'node:crypto';
import { FlashError } from '../protocol/index.js';
import {
  authProof,
  equalsInConstantTime,
  type HelloMessage,
  type HelloOkMessage,
  type Message,
} from '../protocol/wire/index.js';
import { type ServerContext } from './context.js';

/**
 * The server's side of a login: HELLO, and AUTH where there is a token. The token is the one that
 * was valid when the client said HELLO.
 */
export class Login {
  readonly #server: ServerContext;
  readonly #version: number;
  readonly #nonce = randomBytes(32).toString('hex');
  #token: string | undefined;
  #hello: HelloMessage | undefined;

  constructor(server: ServerContext, version: number) {
    this.#server = server;
    this.#version = version;
  }

  /** What the client said of itself; undefined before HELLO. */
  get hello(): HelloMessage | undefined {
    return this.#hello;
  }

  /**
   * Takes the client's next message and gives the answer, and whether the session is open.
   *
   * Shape: an error of code AUTH for a wrong proof.
   * Errors: PROTOCOL for a message that is not due.
   */
  take(message: Message): { answer: Message | FlashError; isReady: boolean } {
    if (this.#hello === undefined) {
      if (message.type !== 'HELLO') throw refuse(message, 'HELLO');
      this.#hello = message;
      this.#token = this.#server.credentials.token;
      return { answer: this.#helloOk(message), isReady: this.#token === undefined };
    }
    if (message.type !== 'AUTH' || this.#token === undefined) throw refuse(message, 'AUTH');
    const nonces = {
      serverId: this.#server.serverId,
      serverNonce: this.#nonce,
      clientNonce: message.nonce,
    };
    if (!equalsInConstantTime(message.proof, authProof('client', this.#token, nonces))) {
      const answer = new FlashError('AUTH', 'The token is wrong', {
        hint: 'Put the token of this server into THEFLASH_TOKEN, or its file into THEFLASH_TOKEN_FILE.',
      });
      return { answer, isReady: false };
    }
    const proof = authProof('server', this.#token, nonces);
    return { answer: { type: 'AUTH_OK', proof }, isReady: true };
  }

  #helloOk(hello: HelloMessage): HelloOkMessage {
    const { limits, version, serverId } = this.#server;
    return {
      type: 'HELLO_OK',
      version: this.#version,
      server: `theflash/${version}`,
      serverId,
      auth: this.#token === undefined ? 'none' : 'token',
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
