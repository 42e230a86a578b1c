import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import {
  authProof,
  encodeJson,
  encodePreface,
  FrameEncoder,
  frameTypes,
  MessageReader,
  MessageWriter,
  type FrameTypeName,
  type HelloOkMessage,
  type Message,
  type Received,
} from '../../src/protocol/wire/index.js';

/** A client without manners: it sends what a test says, and keeps what comes. */
export class RawClient {
  readonly socket: Socket;
  readonly received: Received[] = [];
  readonly #reader = new MessageReader(1 << 26, 1 << 30);
  readonly #writer = new MessageWriter();
  isClosed = false;
  #hello: HelloOkMessage | undefined;
  #changed = (): void => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#writer.frameBytesMax = 1 << 26;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#changed();
    });
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        this.received.push(next);
      }
      this.#changed();
    });
  }

  static async connect(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Connects and says HELLO. */
  static async hello(port: number, localAddress?: string): Promise<RawClient> {
    const client = await RawClient.connect(port, localAddress);
    client.socket.write(encodePreface());
    client.send({ type: 'HELLO', client: 'raw', frameBytesMax: 1 << 26, checksum: true }, 0);
    const hello = await client.next();
    if (hello?.type === 'HELLO_OK') client.#hello = hello;
    return client;
  }

  /** What the server said of itself. */
  get hello(): HelloOkMessage {
    if (this.#hello === undefined) throw new Error('the client did not say HELLO');
    return this.#hello;
  }

  /** Answers HELLO_OK with the proof of a token. */
  sendProof(token: string): void {
    const { serverId, nonce: serverNonce } = this.hello;
    const nonce = 'cd'.repeat(32);
    const proof = authProof('client', token, { serverId, serverNonce, clientNonce: nonce });
    this.send({ type: 'AUTH', nonce, proof }, 0);
  }

  send(message: Message, streamId: number, payload?: Uint8Array): void {
    for (const piece of this.#writer.encode(message, streamId, payload)) this.socket.write(piece);
  }

  /** Sends fields that no message has, in the place of the first one of a connection after HELLO. */
  sendFields(type: FrameTypeName, fields: object, streamId: number): void {
    const encoder = new FrameEncoder();
    encoder.encode({ type: frameTypes.HELLO, streamId: 0, meta: new Uint8Array(0) });
    const frame = { type: frameTypes[type], streamId, meta: encodeJson(fields) };
    for (const piece of encoder.encode(frame)) this.socket.write(piece);
  }

  /** The next message that is no PROGRESS; undefined when the server closed. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const received = this.received.shift();
      if (received !== undefined && received.message.type !== 'PROGRESS') return received.message;
      if (received !== undefined) continue;
      if (this.isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Waits for an ERROR and gives its code, or 'closed'. */
  async nextError(): Promise<string> {
    const message = await this.next();
    if (message === undefined) return 'closed';
    return message.type === 'ERROR' ? message.code : message.type;
  }
}
