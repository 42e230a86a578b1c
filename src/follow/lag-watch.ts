import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '../protocol/index.js';
import { openLogEnd, type AddressDefaults, type LogEndReader } from '../source/index.js';
import { hasReached } from '../writer/index.js';

/** How far a copy is from its source, by the last look at it. Units: ms since 1970 of this machine; bytes. */
export interface LagLook {
  /** Readers see all that the source had at this moment; undefined where that was never so. */
  equalAtMs: number | undefined;
  /** Bytes of the source's logs that the copy has not applied. */
  behindBytes: number;
  /** When the source was looked at. */
  lookedAtMs: number;
  /** When the source answered last, whatever it said. */
  heardAtMs: number | undefined;
}

interface Mark {
  atMs: number;
  end: Position;
}

/**
 * Asks a source four times a second where its log ends: a heartbeat that writes nothing there. Once the copy has come to such a
 * place, readers see all that the source had when it was asked, by the clock of this machine alone. So the lag is known
 * of a source at rest too, and of one whose newest transaction is old.
 */
export class LagWatch {
  readonly #source: string;
  readonly #defaults: AddressDefaults;
  readonly #onLook: (look: LagLook) => void;
  /** Where the copy is. */
  #copy: Position | undefined;
  /** Places that the copy has not come to, oldest first. */
  #marks: Mark[] = [];
  #look: LagLook = { equalAtMs: undefined, behindBytes: 0, lookedAtMs: 0, heardAtMs: undefined };

  constructor(source: string, defaults: AddressDefaults, onLook: (look: LagLook) => void) {
    this.#source = source;
    this.#defaults = defaults;
    this.#onLook = onLook;
  }

  /** Notes that readers see all up to a place. */
  moved(position: Position): void {
    this.#copy = position;
    const isLast = this.#marks.length > 0 && this.#pass(position);
    if (isLast) this.#look = { ...this.#look, behindBytes: 0 };
    this.#onLook(this.#look);
  }

  /** Looks until the signal. A source that can't be asked is asked again: its own connection tells what is wrong. */
  async run(signal: AbortSignal): Promise<void> {
    let reader: LogEndReader | undefined;
    try {
      while (!signal.aborted) {
        const copy = this.#copy;
        if (copy !== undefined) {
          try {
            reader ??= await openLogEnd(this.#source, this.#defaults, signal);
            await this.#ask(reader, copy);
          } catch {
            reader?.close();
            reader = undefined;
          }
        }
        await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      reader?.close();
    }
  }

  async #ask(reader: LogEndReader, copy: Position): Promise<void> {
    const atMs = Date.now();
    // A connection that is dead without a word would be waited for much longer.
    const timer = setTimeout(() => {
      reader.close();
    }, answerMsMax);
    try {
      const found = await reader.read(copy);
      this.#look = { ...this.#look, heardAtMs: Date.now() };
      if (found === undefined) {
        this.#onLook(this.#look);
        return;
      }
      this.#look = { ...this.#look, behindBytes: found.bytes, lookedAtMs: atMs };
      this.#marks.push({ atMs, end: found.position });
      if (this.#marks.length > marksMax) this.#marks = this.#marks.filter((_, at) => at % 2 === 0);
      if (this.#copy !== undefined && this.#pass(this.#copy)) this.#look.behindBytes = 0;
      this.#onLook(this.#look);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes the marks away that the copy has come to. True where none is left. */
  #pass(copy: Position): boolean {
    const next = this.#marks.findIndex(({ end }) => !hasReached(copy, end));
    const passed = next < 0 ? this.#marks.length : next;
    const last = this.#marks[passed - 1];
    if (last !== undefined) this.#look = { ...this.#look, equalAtMs: last.atMs };
    this.#marks.splice(0, passed);
    return this.#marks.length === 0;
  }
}

/** Lag is told to well within a second of the truth. */
const lookEveryMs = 250;

const answerMsMax = 10_000;

const marksMax = 4_096;
