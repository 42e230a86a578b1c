import { FlashError } from '../errors.js';
import { type BufferPool } from './buffer-pool.js';
import { frameTypeName, wireLimits } from './constants.js';
import { FrameDecoder } from './frame-decoder.js';
import { FrameEncoder, padTo8, type Frame } from './frame.js';
import { decodeMessage, encodeMeta, messageType, type Message } from './message.js';
import { cutPayload, PayloadAssembler } from './payload-assembler.js';

/** A message as it came, whole. */
export interface Received {
  message: Message;
  streamId: number;
  /** Empty for messages without one. Begins at a multiple of 8 bytes. */
  payload: Uint8Array;
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
  #open: { message: Message; frame: Frame } | undefined;

  /**
   * `payloadBytesMax` bounds a payload that comes in several frames. With `buffers` every payload
   * has a buffer of its own, which may be given back to them, and pushed chunks may be used again.
   */
  constructor(frameBytesMax: number, payloadBytesMax: number, buffers?: BufferPool) {
    this.#decoder = new FrameDecoder(frameBytesMax, buffers);
    this.#assembler = new PayloadAssembler(payloadBytesMax);
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

  /** Gives the next whole message, or undefined when it needs more bytes. */
  next(): Received | undefined {
    for (let frame = this.#decoder.next(); frame !== undefined; frame = this.#decoder.next()) {
      const received = this.#add(frame);
      if (received !== undefined) return received;
    }
    return undefined;
  }

  #add(frame: Frame): Received | undefined {
    const open = this.#open;
    if (open !== undefined) checkContinues(open.frame, frame);
    const message = open?.message ?? decodeMessage(frame);
    const payload = this.#assembler.add(frame.payload, frame.more);
    if (payload === undefined) {
      this.#open = { message, frame: { ...frame, payload: noMeta, meta: noMeta } };
      return undefined;
    }
    this.#open = undefined;
    return { message, streamId: frame.streamId, payload };
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

const noMeta = new Uint8Array(0);
