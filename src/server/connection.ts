import { type Socket } from 'node:net';
import { FlashError } from '../protocol/index.js';
import {
  chooseVersion,
  decodePreface,
  prefaceBytes,
  startsLikePreface,
  toErrorMessage,
  type HelloMessage,
  type Message,
  type Received,
} from '../protocol/wire/index.js';
import { ActiveRequest } from './active-request.js';
import { clientAddress } from './client-address.js';
import { type Send, type ServerContext } from './context.js';
import { errorFields, toFlashError } from './error-fields.js';
import { handleRequest, isPlainRequest } from './handle-request.js';
import { Intake } from './intake.js';
import { Login } from './login.js';
import { MessageSocket } from './message-socket.js';
import { type EndedBy } from './metrics.js';
import { QuietTimers } from './quiet-timers.js';
import { type Share } from './receive-budget.js';
import { refuseAccount } from './request-engine.js';
import { UnreadLimit } from './unread-limit.js';
import { WriteSession } from './write-session.js';

/**
 * One client's connection: its state, and the way of each message to the code that serves it.
 * At most one request runs at a time; while one does, only CANCEL, CREDIT and PING are in order.
 */
export class Connection {
  readonly id: number;
  readonly peer: string;
  /** Whom it counts for. */
  readonly address: string;
  readonly #server: ServerContext;
  readonly #socket: Socket;
  readonly #messages: MessageSocket;
  readonly #onClose: () => void;
  #preface: Uint8Array = new Uint8Array(0);
  #login: Login | undefined;
  #isReady = false;
  #isClosing = false;
  #lastStreamId = 0;
  #active: ActiveRequest | undefined;
  #write: WriteSession | undefined;
  readonly #intake: Intake;
  readonly #share: Share;
  readonly #unread: UnreadLimit;
  readonly #timers: QuietTimers;
  /** Bytes of the unfinished message since the last sign of life. */
  #quietBytes = 0;

  /** `onClose` is called once, when the socket is closed and nothing of the connection runs. */
  constructor(server: ServerContext, socket: Socket, id: number, onClose: () => void) {
    this.id = id;
    this.peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    this.address = clientAddress(socket.remoteAddress);
    this.#server = server;
    this.#socket = socket;
    this.#messages = new MessageSocket(socket, server.limits.appendBytesMax, server.metrics);
    this.#intake = new Intake(socket, () => {
      this.#takeMessages();
    });
    this.#unread = new UnreadLimit(this.#messages, this.#intake, server.limits, (error) => {
      this.fail(error, 'unread');
    });
    this.#share = server.received.open({
      readOn: () => {
        this.#intake.release('budget');
      },
      end: (error) => {
        this.fail(error, 'received-bytes');
      },
    });
    this.#timers = new QuietTimers(server.limits, (error, limit) => {
      this.fail(error, limit);
    });
    this.#onClose = onClose;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      void this.#closed();
    });
    this.#timers.beginLogin();
  }

  /** True once the client is logged in. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** True while the client may still log in. */
  get isLoggingIn(): boolean {
    return !this.#isReady && !this.#isClosing;
  }

  get isIdle(): boolean {
    return this.#active === undefined && this.#write === undefined;
  }

  /** The scan or statement that runs here, if one does. */
  get running(): ActiveRequest | undefined {
    const isShown = this.#active?.isScan === true || this.#active?.statement !== undefined;
    return isShown ? this.#active : undefined;
  }

  /** The scan that runs here, if one does. */
  get scan(): ActiveRequest | undefined {
    return this.#active?.isScan === true ? this.#active : undefined;
  }

  /** Tells the client that the server stops; closes at once where nothing runs. */
  drain(reason: string, drainTimeoutMs: number): void {
    if (this.#isReady) this.#messages.post({ type: 'GOAWAY', reason, drainTimeoutMs }, 0);
    if (this.isIdle) this.#end();
  }

  /** Ends the connection with an error that the client is told, and whatever runs on it. */
  fail(error: FlashError, limit?: EndedBy): void {
    if (this.#isClosing) return;
    if (limit !== undefined) this.#server.metrics.countEnded(limit);
    this.#server.metrics.countError(error.code);
    this.#server.log('warn', 'connection-failed', {
      ...this.#logFields(),
      ...errorFields(error),
    });
    this.#messages.post(toErrorMessage(error, { fatal: true }), this.#active?.streamId ?? 0);
    this.#end();
  }

  #receive(chunk: Uint8Array): void {
    // What still comes after a fatal error is read and dropped: else it would reset the connection
    // before the client has read the error.
    if (this.#isClosing) return;
    if (!this.#share.admit(chunk.length)) {
      this.#intake.hold('budget');
      this.#socket.unshift(chunk);
      return;
    }
    this.#server.metrics.bytesReceived += chunk.length;
    try {
      const rest = this.#login === undefined ? this.#receivePreface(chunk) : chunk;
      if (rest.length === 0) return;
      this.#messages.push(rest);
      this.#noteBytes(rest.length);
      this.#takeMessages();
    } catch (error) {
      this.fail(toFlashError(error));
    }
  }

  /** Takes messages that are whole, a few at a time: then others have their turn. */
  #takeMessages(): void {
    if (this.#isClosing) return;
    this.#messages.cork();
    try {
      for (let taken = 0; !this.#intake.isHeld; taken += 1) {
        if (taken === messagesPerTurn) {
          this.#waitForTurn();
          break;
        }
        const received = this.#messages.next();
        if (received === undefined) {
          if (this.#messages.isHeavy) this.#waitForTurn();
          break;
        }
        this.#take(received);
        if (this.#isStopped()) return;
        this.#unread.check();
      }
      this.#share.hold(this.#messages.heldBytes);
    } catch (error) {
      this.fail(toFlashError(error));
    } finally {
      this.#messages.uncork();
    }
  }

  #waitForTurn(): void {
    this.#intake.hold('turn');
    const goOn = (): void => {
      this.#intake.release('turn');
    };
    if (this.#messages.isHeavy) this.#server.turns.take(goOn);
    else setImmediate(goOn);
  }

  /** A long message on a slow network is a sign of life, and data of a write. */
  #noteBytes(lengthBytes: number): void {
    if (this.#messages.heldBytes === 0) return;
    this.#quietBytes += lengthBytes;
    if (this.#quietBytes < signOfLifeBytes || !this.#isReady || this.#active !== undefined) return;
    this.#quietBytes = 0;
    this.#heard();
    this.#timers.dataCame();
    this.#timers.awaitData(this.#write !== undefined);
  }

  // A method, because the compiler takes a field that a call changed for unchanged.
  #isStopped(): boolean {
    return this.#isClosing;
  }

  #receivePreface(chunk: Uint8Array): Uint8Array {
    const missing = prefaceBytes - this.#preface.length;
    this.#preface = Buffer.concat([this.#preface, chunk.subarray(0, missing)]);
    if (!startsLikePreface(this.#preface)) decodePreface(this.#preface);
    if (this.#preface.length < prefaceBytes) return chunk.subarray(chunk.length);
    this.#login = new Login(this.#server, chooseVersion(decodePreface(this.#preface)));
    return chunk.subarray(missing);
  }

  #take(received: Received): void {
    const { message } = received;
    if (!this.#isReady) this.#takeLogin(message);
    else if (message.type === 'PING') this.#messages.post({ type: 'PONG' }, 0);
    else if (this.#active !== undefined) this.#takeControl(this.#active, received);
    else this.#takeRequest(received);
    if (this.#active === undefined && !this.#isClosing) this.#heard();
  }

  #takeLogin(message: Message): void {
    const login = this.#login;
    if (login === undefined) throw new FlashError('INTERNAL', 'A message before the preface');
    // Nothing more is taken meanwhile: a password is checked on another thread.
    this.#intake.hold('login');
    login
      .take(message)
      .then(({ answer, isReady }) => {
        this.#afterLogin(login, message, answer, isReady);
      })
      .catch((error: unknown) => {
        this.fail(toFlashError(error));
      });
  }

  #afterLogin(
    login: Login,
    message: Message,
    answer: Message | FlashError,
    isReady: boolean,
  ): void {
    const { hello } = login;
    if (this.#isClosing || hello === undefined) return;
    const waitMs = message.type === 'AUTH' ? this.#server.tokens.note(this.address, isReady) : 0;
    const goOn = (): void => {
      if (this.#isClosing) return;
      this.#answerLogin(answer, hello, isReady);
      this.#intake.release('login');
    };
    if (waitMs === 0) goOn();
    else setTimeout(goOn, waitMs).unref();
  }

  #answerLogin(answer: Message | FlashError, hello: HelloMessage, isReady: boolean): void {
    if (answer instanceof FlashError) {
      this.fail(answer);
      return;
    }
    this.#messages.post(answer, 0);
    if (answer.type === 'HELLO_OK') this.#messages.setChecksum(hello.checksum);
    if (!isReady) return;
    this.#isReady = true;
    this.#heard();
    this.#messages.setFrameBytesMax(this.#server.limits.frameBytesMax, hello.frameBytesMax);
    this.#server.log('info', 'connection-ready', {
      ...this.#logFields(),
      client: hello.client,
      user: this.#login?.account?.name,
    });
    if (this.#server.isDraining) this.drain('The server stops', 0);
  }

  /** While a request runs. A CREDIT or CANCEL that crossed its END is for nobody. */
  #takeControl(active: ActiveRequest, { message, streamId }: Received): void {
    const isCurrent = streamId === active.streamId;
    if (message.type === 'CREDIT' && streamId <= active.streamId) {
      if (isCurrent) active.grant(message.bytes);
    } else if (message.type === 'CANCEL' && streamId <= active.streamId) {
      if (isCurrent) active.abort(new FlashError('CANCELLED', 'The client cancelled the request'));
    } else {
      throw new FlashError('PROTOCOL', `${message.type} came while ${active.what} runs`, {
        hint: 'A connection runs one request at a time: open another connection.',
      });
    }
  }

  #takeRequest(received: Received): void {
    const { message, streamId, payload } = received;
    // Late words on a request that is over.
    if (message.type === 'CREDIT' || message.type === 'CANCEL' || message.type === 'PONG') return;
    const write = this.#write;
    if (write?.streamId === streamId) {
      this.#run(received, (request) => this.#runWrite(write, received, request));
      return;
    }
    if (write !== undefined || streamId <= this.#lastStreamId) {
      throw new FlashError(
        'PROTOCOL',
        `${message.type} came with stream ${streamId}, which is not due`,
        {
          hint: 'Stream ids rise with each request, and a write batch keeps its own.',
        },
      );
    }
    this.#lastStreamId = streamId;
    if (this.#server.isDraining) {
      throw new FlashError('BUSY', 'The server is about to stop', {
        hint: 'Try again in a moment.',
      });
    }
    if (message.type === 'WRITE') {
      this.#run(received, (request) => this.#openWrite(message.batchId, request));
    } else if (isPlainRequest(message)) {
      this.#run(received, (request) =>
        handleRequest(message, {
          ...{ server: this.#server, request, payload },
          send: this.#sender(request),
          checksums: this.#messages.checksum,
          account: this.#login?.account,
        }),
      );
    } else {
      throw new FlashError('PROTOCOL', `${message.type} is no request that is due here`);
    }
  }

  async #openWrite(batchId: string, request: ActiveRequest): Promise<void> {
    refuseAccount(this.#login?.account, 'open a write batch');
    request.limitTime(this.#server.limits.statementTimeoutMsMax);
    const drop = (): void => {
      this.fail(new FlashError('CANCELLED', 'The batch was given up: its outcome was asked for'));
    };
    this.#write = await WriteSession.open(this.#server, request, batchId, drop);
    if (this.#isStopped()) throw new FlashError('CANCELLED', 'The connection ended');
    this.#share.holdsWrite = true;
    await this.#sender(request)({ type: 'WRITE_OK' });
  }

  async #runWrite(write: WriteSession, received: Received, request: ActiveRequest): Promise<void> {
    const { message, payload } = received;
    const send = this.#sender(request);
    // Nothing else is data: others wait for the batch to end.
    if (message.type !== 'RESERVE') this.#timers.dataCame();
    if (message.type === 'RESERVE') await write.reserve(message, send);
    else if (message.type === 'APPEND') await write.append(message, payload, send);
    else if (message.type === 'COMMIT') {
      this.#write = undefined;
      await write.commit(message, send);
    } else if (message.type === 'ABORT') {
      this.#write = undefined;
      await write.close();
      await send({ type: 'ABORT_OK' });
    } else {
      throw new FlashError('PROTOCOL', `${message.type} is no part of a write batch`);
    }
  }

  /** Runs a request; its failure is told to the client, and drops the write batch that it is of. */
  #run(received: Received, serve: (request: ActiveRequest) => Promise<void>): void {
    const request = new ActiveRequest(received.streamId, received.message.type);
    this.#active = request;
    this.#share.use(received.bytes);
    this.#server.metrics.requests += 1;
    this.#timers.requestBegan();
    const keepalive = setInterval(() => {
      this.#keepAlive(request);
    }, this.#server.limits.keepaliveMs);
    serve(request)
      .catch(async (error: unknown) => {
        await this.#dropWrite();
        this.#tellFailure(request, request.signal.aborted ? request.signal.reason : error);
      })
      .catch((error: unknown) => {
        this.fail(toFlashError(error));
      })
      .finally(() => {
        clearInterval(keepalive);
        request.finish();
        this.#active = undefined;
        this.#share.use(0);
        this.#share.holdsWrite = this.#write !== undefined;
        this.#afterRequest();
      });
  }

  #afterRequest(): void {
    if (this.#socket.closed) void this.#closed();
    else if (this.#server.isDraining && this.isIdle) this.#end();
    else if (!this.#isClosing) {
      this.#heard();
      this.#timers.awaitData(this.#write !== undefined);
    }
  }

  #tellFailure(request: ActiveRequest, error: unknown): void {
    const known = toFlashError(error);
    if (this.#isClosing || this.#socket.destroyed) return;
    if (known.code === 'PROTOCOL') {
      this.fail(known);
      return;
    }
    this.#server.metrics.countError(known.code);
    this.#server.log('info', 'request-failed', {
      ...this.#logFields(),
      ...errorFields(known),
      what: request.what,
    });
    const retryAfterMs = known.code === 'BUSY' ? { retryAfterMs: 200 } : {};
    this.#messages.post(toErrorMessage(known, { fatal: false, ...retryAfterMs }), request.streamId);
  }

  #keepAlive(request: ActiveRequest): void {
    const silentMs = Date.now() - this.#messages.lastSentMs;
    if (this.#isClosing || !this.#messages.isDrained) return;
    if (silentMs < this.#server.limits.keepaliveMs / 2) return;
    const { rows, bytes, elapsedMs } = request;
    this.#messages.post({ type: 'PROGRESS', rows, bytes, elapsedMs }, request.streamId);
  }

  #sender(request: ActiveRequest): Send {
    return (message, payload, payloadSum) =>
      this.#messages.send(message, request.streamId, payload, payloadSum);
  }

  async #dropWrite(): Promise<void> {
    const write = this.#write;
    this.#write = undefined;
    await write?.close();
  }

  /** The login's own time runs on: a client that says little and often is not let off. */
  #heard(): void {
    if (this.#isReady) this.#timers.heard(this.#write !== undefined);
  }

  /** Closes the connection once what was sent has left; what runs on it ends now. */
  #end(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#stopTimers();
    this.#intake.open();
    this.#share.hold(0);
    this.#messages.drop();
    this.#active?.abort(new FlashError('CANCELLED', 'The connection ended'));
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  async #closed(): Promise<void> {
    this.#isClosing = true;
    this.#stopTimers();
    this.#share.hold(0);
    if (!this.#isReady) this.#server.metrics.loginsFailed += 1;
    // A request that runs calls this again when it has ended.
    if (this.#active !== undefined) {
      this.#active.abort(new FlashError('CANCELLED', 'The client went away'));
      return;
    }
    try {
      await this.#dropWrite();
    } catch (error) {
      this.#server.log('error', 'batch-not-closed', {
        ...this.#logFields(),
        ...errorFields(toFlashError(error)),
      });
    }
    this.#share.close();
    this.#server.log('info', 'connection-closed', this.#logFields());
    this.#onClose();
  }

  #stopTimers(): void {
    this.#timers.stop();
    this.#unread.stop();
  }

  #logFields(): Record<string, string | number> {
    return { connection: this.id, peer: this.peer };
  }
}

/** A client has one request and few words beside it: more at once is a flood. */
const messagesPerTurn = 16;

/** So much of a long message is a sign of life; a byte now and then is none. */
const signOfLifeBytes = 64 * 1024;

/** How long a closed connection waits for its client to have read the last words. */
const lingerMs = 1_000;
