import { FlashError } from '../protocol/index.js';

/** A connection, as far as the budget has to do with it. */
export interface Receiver {
  /** Called when a connection that was told to wait may read on. */
  readOn(): void;
  /** Ends the connection, its client told. */
  end(error: FlashError): void;
}

/** Units: bytes and ms. */
export interface ReceiveLimits {
  /** What all connections together may hold of messages that are not whole, or are being served. */
  receiveBytesMax: number;
  /** A message that is let in while the budget is spent brings `progressBytes` in this time, or is ended. */
  receiveStallMs: number;
  /** A message that may not be read on for so long is ended. */
  receiveWaitMs: number;
}

/**
 * The memory for what came from clients and is not used yet, shared by all connections.
 *
 * While it is spent, a connection in the middle of a long message reads no more: its client feels
 * that as a slow network. Short messages go on, so logins, PINGs and most requests feel nothing.
 *
 * Nobody waits for ever, whoever holds the memory. One message at a time (the turn) is let in all
 * the same, and so is the connection of the open write batch, which others may wait for. These end
 * as whole messages, or are ended because they stand still; and who waits too long is ended, too.
 * So no more is held than the budget and two messages.
 */
export class ReceiveBudget {
  readonly #limits: ReceiveLimits;
  readonly #shares = new Set<Share>();
  #bytes = 0;
  #turn: Share | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ReceiveLimits) {
    this.#limits = limits;
  }

  /** What is held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes part for a connection, until `close` of what it gives. */
  open(receiver: Receiver): Share {
    const share = new Share(this, receiver);
    this.#shares.add(share);
    return share;
  }

  /** Whether a share may add to its message now; if not, it waits for `readOn`. */
  admits(share: Share): boolean {
    if (!this.#isSpent || share.unfinishedBytes <= freeBytes || share.holdsWrite) return true;
    this.#turn ??= share;
    return share === this.#turn;
  }

  /** Takes note that what a share holds has changed by so much. */
  add(share: Share, bytes: number): void {
    this.#bytes += bytes;
    if (this.#turn === share && share.bytes === 0) this.#turn = undefined;
    if (this.#isSpent) this.#passTurn();
    else this.#release();
    this.#watch();
  }

  /** Forgets a share that holds nothing any more. */
  remove(share: Share): void {
    this.#shares.delete(share);
  }

  get #isSpent(): boolean {
    return this.#bytes > this.#limits.receiveBytesMax;
  }

  /** The message that came first goes on first. */
  #passTurn(): void {
    if (this.#turn !== undefined) return;
    const waiting = [...this.#shares].filter((share) => share.isWaiting);
    this.#turn = waiting.sort((left, right) => left.beganAtMs - right.beganAtMs)[0];
    this.#turn?.readOn();
  }

  #release(): void {
    this.#turn = undefined;
    for (const share of this.#shares) if (share.isWaiting) share.readOn();
  }

  #watch(): void {
    if (this.#isSpent) this.#timer ??= setInterval(() => this.#endSlow(), watchMs).unref();
    else if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #endSlow(): void {
    const nowMs = Date.now();
    const { receiveStallMs, receiveWaitMs } = this.#limits;
    for (const share of this.#shares) {
      if (share.unfinishedBytes <= freeBytes) continue;
      if (share.isWaiting) {
        if (nowMs - share.waitedSinceMs > receiveWaitMs) share.end(waitedError(receiveWaitMs));
      } else if (nowMs - share.progressAtMs > receiveStallMs) {
        share.end(stalledError(receiveStallMs));
      }
    }
  }
}

/** What one connection holds. */
export class Share {
  readonly #budget: ReceiveBudget;
  readonly #receiver: Receiver;
  unfinishedBytes = 0;
  #usedBytes = 0;
  #isClosed = false;
  /** True while its connection has the open write batch. */
  holdsWrite = false;
  /** True while it was told to wait. */
  isWaiting = false;
  /** ms since 1970: when its message began, came on by `progressBytes`, and was first told to wait since. */
  beganAtMs = 0;
  progressAtMs = 0;
  waitedSinceMs = 0;
  #sinceProgressBytes = 0;

  constructor(budget: ReceiveBudget, receiver: Receiver) {
    this.#budget = budget;
    this.#receiver = receiver;
  }

  get bytes(): number {
    return this.unfinishedBytes + this.#usedBytes;
  }

  /** Whether bytes that came may be taken. If not, they have to wait until the receiver's `readOn`. */
  admit(lengthBytes: number): boolean {
    if (!this.#budget.admits(this)) {
      if (this.waitedSinceMs === 0) this.waitedSinceMs = Date.now();
      this.isWaiting = true;
      return false;
    }
    this.#sinceProgressBytes += lengthBytes;
    if (this.#sinceProgressBytes >= progressBytes) this.#noteProgress();
    return true;
  }

  /** Says how much memory the message takes that is not whole yet; 0 when there is none. */
  hold(bytes: number): void {
    if (this.#isClosed || bytes === this.unfinishedBytes) return;
    if (this.unfinishedBytes === 0 || bytes === 0) {
      this.beganAtMs = Date.now();
      this.#noteProgress();
    }
    const more = bytes - this.unfinishedBytes;
    this.unfinishedBytes = bytes;
    this.#budget.add(this, more);
  }

  /** Says how much the request that runs keeps of its message; 0 when it is over. */
  use(bytes: number): void {
    if (this.#isClosed || bytes === this.#usedBytes) return;
    const more = bytes - this.#usedBytes;
    this.#usedBytes = bytes;
    this.#budget.add(this, more);
  }

  readOn(): void {
    this.isWaiting = false;
    this.progressAtMs = Date.now();
    this.#receiver.readOn();
  }

  end(error: FlashError): void {
    this.#receiver.end(error);
  }

  /** Gives everything back. */
  close(): void {
    this.isWaiting = false;
    this.holdsWrite = false;
    this.use(0);
    this.hold(0);
    this.#isClosed = true;
    this.#budget.remove(this);
  }

  #noteProgress(): void {
    this.#sinceProgressBytes = 0;
    this.progressAtMs = Date.now();
    this.waitedSinceMs = 0;
  }
}

/** Messages up to this size are let in always: at 1,200 connections 75 MiB. */
const freeBytes = 64 * 1024;

/** Less in `receiveStallMs` is standing still. */
const progressBytes = 1024 * 1024;

const watchMs = 250;

const hint = 'Try again in a moment, send smaller messages, or raise --receive-memory-max.';

function waitedError(waitMs: number): FlashError {
  return new FlashError(
    'BUSY',
    `The server holds as much unfinished input as it may, and this message waited ${waitMs} ms`,
    { hint },
  );
}

function stalledError(stallMs: number): FlashError {
  return new FlashError(
    'BUSY',
    `The server holds as much unfinished input as it may, and this message stood still for ${stallMs} ms`,
    { hint },
  );
}
