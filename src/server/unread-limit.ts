import { FlashError } from '../protocol/index.js';
import { type Intake } from './intake.js';
import { type MessageSocket } from './message-socket.js';

/**
 * Bounds the short answers (PONG, ERROR) that wait for a client which sends and does not read: it is
 * not listened to while there are too many, and let go after a while. Results are not meant, whose
 * bytes are bounded by credit.
 */
export class UnreadLimit {
  readonly #messages: MessageSocket;
  readonly #intake: Intake;
  readonly #limits: { unreadBytesMax: number; unreadTimeoutMs: number };
  readonly #end: (error: FlashError) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    messages: MessageSocket,
    intake: Intake,
    limits: { unreadBytesMax: number; unreadTimeoutMs: number },
    end: (error: FlashError) => void,
  ) {
    this.#messages = messages;
    this.#intake = intake;
    this.#limits = limits;
    this.#end = end;
    messages.onRead = () => {
      this.check();
    };
  }

  /** To be called after each message that was taken. */
  check(): void {
    const { unreadBytesMax, unreadTimeoutMs } = this.#limits;
    if (this.#messages.unreadBytes <= unreadBytesMax) {
      this.stop();
      this.#intake.release('unread');
      return;
    }
    this.#intake.hold('unread');
    if (this.#timer !== undefined || unreadTimeoutMs <= 0) return;
    this.#timer = setTimeout(() => {
      const text = `The client left ${this.#messages.unreadBytes} bytes of answers unread`;
      this.#end(
        new FlashError('TIMEOUT', `${text} for ${unreadTimeoutMs} ms`, {
          hint: 'Read what the server sends.',
        }),
      );
    }, unreadTimeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
