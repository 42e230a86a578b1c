import { FlashError } from '../errors.js';
import { type BufferPool } from './buffer-pool.js';
import { frameTypeName, wireLimits } from './constants.js';
import { FrameDecoder } from './frame-decoder.js';
import { FrameEncoder, padTo8, type Frame, type FrameHeader } from './frame.js';
import { clientJsonLimits } from './json-limits.js';
import {
  decodeMessage,
  encodeMeta,
  messageType,
  notOfClients,
  payloadTypes,
  type Message,
  type Sender,
} from './message.js';
import { cutPayload, PayloadAssembler } from './payload-assembler.js';

/** A message as it came, whole. */
export interface Received {
  message: Message;
  streamId: number;
  /** Empty for messages without one. Begins at a multiple of 8 bytes. */
  payload: Uint8Array;
  /** Of its JSON and payload, as they came. */
  bytes: number;
}

/**
 * Turns messages into bytes, for one direction of one connection: payloads that are larger than the
 * other side's frames are cut.
 */
export class MessageWriter {
  /** Largest frame body that the other side takes. */
  frameBytesMax: number = wireLimits.loginFrameBytesMax;
  readonly #encoder = new FrameEncoder();

  /** False leaves checksums out from the next message on. */
  set checksum(value: boolean) {
    this.#encoder.checksum = value;
  }

  /**
   * Gives the bytes of a message, to be sent in order with nothing between them. The payload is not
   * copied: it must not change until it was sent. `payloadSum` is its CRC-32, where it is known.
   *
   * Errors: TOO_LARGE when its JSON is larger than the other side's frames.
   */
  encode(
    message: Message,
    streamId: number,
    payload?: Uint8Array,
    payloadSum?: number,
  ): readonly Uint8Array[] {
    const type = messageType(message);
    const meta = encodeMeta(message);
    const room = this.frameBytesMax - padTo8(meta.length);
    if (room < (payload === undefined ? 0 : 8)) {
      throw new FlashError(
        'TOO_LARGE',
        `${message.type} has ${meta.length} bytes of JSON, the other side takes frames of ${this.frameBytesMax}`,
        { hint: 'Make the request smaller, or raise the frameBytesMax of the receiver.' },
      );
    }
    if (payload === undefined) return this.#encoder.encode({ type, streamId, meta });
    if (payload.length <= room) {
      return this.#encoder.encode({ type, streamId, meta, payload, payloadSum });
    }
    const pieces: Uint8Array[] = [];
    for (const { piece, more } of cutPayload(payload, room)) {
      const part = pieces.length === 0 ? meta : noMeta;
      pieces.push(...this.#encoder.encode({ type, streamId, more, meta: part, payload: piece }));
    }
    return pieces;
  }
}

/**
 * Turns the bytes of one direction of one connection into messages, checked.
 *
 * Errors: PROTOCOL and TOO_LARGE, after which the connection can't go on.
 */
export class MessageReader {
  readonly #decoder: FrameDecoder;
  readonly #assembler: PayloadAssembler;
  readonly #sender: Sender;
  #open: { message: Message; frame: Frame } | undefined;
  /** A frame whose JSON is to be parsed by the next `next`. */
  #heavy: Frame | undefined;

  /**
   * `payloadBytesMax` bounds a payload that comes in several frames. With `buffers` every payload
   * has a buffer of its own, which may be given back to them, and pushed chunks may be used again.
   * `sender` is who is at the other end.
   */
  constructor(
    frameBytesMax: number,
    payloadBytesMax: number,
    { buffers, sender = 'any' }: { buffers?: BufferPool; sender?: Sender } = {},
  ) {
    const inspect = sender === 'client' ? { inspect: inspectClientHeader } : {};
    this.#decoder = new FrameDecoder(frameBytesMax, { buffers, ...inspect });
    this.#assembler = new PayloadAssembler(payloadBytesMax);
    this.#sender = sender;
  }

  /** Memory of a message that is not whole yet. */
  get heldBytes(): number {
    return this.#decoder.heldBytes + this.#assembler.heldBytes;
  }

  /**
   * True when `next` gave undefined because the message that is whole has JSON of so many bytes that
   * parsing it takes a while: the next call does it.
   */
  get isHeavy(): boolean {
    return this.#heavy !== undefined;
  }

  set frameBytesMax(value: number) {
    this.#decoder.bodyBytesMax = value;
  }

  set checksum(value: boolean) {
    this.#decoder.checksum = value;
  }

  /** True between two messages: a connection that ends here ended cleanly. */
  get isIdle(): boolean {
    return this.#open === undefined && this.#decoder.isIdle;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  /** Gives up what is not whole, and its memory: nothing more may be pushed. */
  drop(): void {
    this.#heavy = undefined;
    this.#open = undefined;
    this.#decoder.drop();
    this.#assembler.drop();
  }

  /** Gives the next whole message, or undefined when it needs more bytes. */
  next(): Received | undefined {
    const heavy = this.#heavy;
    this.#heavy = undefined;
    for (let frame = heavy ?? this.#decoder.next(); frame; frame = this.#decoder.next()) {
      if (frame !== heavy && this.#sender === 'client' && frame.meta.length > heavyJsonBytes) {
        this.#heavy = frame;
        return undefined;
      }
      const received = this.#add(frame);
      if (received !== undefined) return received;
    }
    return undefined;
  }

  #add(frame: Frame): Received | undefined {
    const open = this.#open;
    if (open !== undefined) checkContinues(open.frame, frame);
    const message = open?.message ?? decodeMessage(frame, this.#sender);
    const payload = this.#assembler.add(frame.payload, frame.more);
    if (payload === undefined) {
      this.#open = { message, frame: { ...frame, payload: noMeta, meta: noMeta } };
      return undefined;
    }
    this.#open = undefined;
    const bytes = frame.meta.length + payload.length;
    return { message, streamId: frame.streamId, payload, bytes };
  }
}

function checkContinues(first: Frame, frame: Frame): void {
  const isNext = frame.type === first.type && frame.streamId === first.streamId;
  if (isNext && frame.meta.length === 0) return;
  throw new FlashError(
    'PROTOCOL',
    `A payload of ${frameTypeName(first.type) ?? first.type} is interrupted by ` +
      `${frameTypeName(frame.type) ?? frame.type}`,
    { hint: 'The frames of one payload follow each other, all but the first without JSON.' },
  );
}

/** A parser gets through so much in a few ms. */
const heavyJsonBytes = 64 * 1024;

/** Refuses what no client sends by its header, whatever length that announces. */
function inspectClientHeader({ type, bodyBytes }: FrameHeader): void {
  const name = frameTypeName(type);
  if (name === undefined || payloadTypes.has(name)) return;
  const limit = clientJsonLimits[name];
  if (limit === undefined) throw notOfClients(name);
  if (bodyBytes <= padTo8(limit.bytesMax)) return;
  throw new FlashError('TOO_LARGE', `A frame of ${bodyBytes} bytes came for ${name}`, {
    hint: `At most ${limit.bytesMax} bytes are taken: send less at once.`,
  });
}

const noMeta = new Uint8Array(0);
