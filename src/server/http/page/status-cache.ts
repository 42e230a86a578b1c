import { FlashError } from '../../../protocol/index.js';
import { type StatusDocument, type StatusReader } from '../../status-document.js';

/** How the engine stood, and when. Units: ms since 1970. */
export interface StatusReading {
  status: StatusDocument;
  warnings: readonly string[];
  readAtMs: number;
}

/** What is known of the engine: its last reading, and why there is no newer one. */
export interface KnownStatus {
  reading: StatusReading | undefined;
  failure: FlashError | undefined;
}

/**
 * Reads how the engine stands for all who look at it. Counting the rows of large tables takes long: one reading runs at a
 * time, and the next one comes after ten times as long as it took. A reader waits some seconds at most, as an engine that
 * does not answer is when people look.
 */
export class StatusCache {
  readonly #read: StatusReader;
  #reading: StatusReading | undefined;
  #failure: FlashError | undefined;
  #underWay: Promise<void> | undefined;
  #nextAtMs = 0;

  constructor(read: StatusReader) {
    this.#read = read;
  }

  async get(): Promise<KnownStatus> {
    if (this.#underWay === undefined && Date.now() >= this.#nextAtMs) this.#begin();
    if (this.#underWay !== undefined && !(await inTime(this.#underWay))) {
      const text = `The engine has not told for ${answerMsMax / 1000} s how it stands`;
      const failure = new FlashError('TIMEOUT', text, {
        hint: 'What is below is older, or missing. /readyz says why, where the engine does not answer at all.',
      });
      return { reading: this.#reading, failure };
    }
    return { reading: this.#reading, failure: this.#failure };
  }

  /** Resolves when nothing is read any more; an engine that does not answer is not waited for. */
  async settle(): Promise<void> {
    this.#nextAtMs = Infinity;
    if (this.#underWay !== undefined) await inTime(this.#underWay);
  }

  #begin(): void {
    const beganMs = Date.now();
    this.#underWay = this.#read()
      .then(
        (found) => {
          this.#reading = { ...found, readAtMs: Date.now() };
          this.#failure = undefined;
        },
        (error: unknown) => {
          this.#failure = error instanceof FlashError ? error : unknown(error);
        },
      )
      .finally(() => {
        this.#underWay = undefined;
        const pauseMs = Math.max(pauseMsMin, pausesPerReading * (Date.now() - beganMs));
        if (this.#nextAtMs !== Infinity) this.#nextAtMs = Date.now() + pauseMs;
      });
  }
}

const answerMsMax = 3_000;
const pauseMsMin = 1_000;
const pausesPerReading = 10;

async function inTime(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, answerMsMax);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function unknown(error: unknown): FlashError {
  const message = error instanceof Error ? error.message : String(error);
  return new FlashError('INTERNAL', message, { cause: error });
}
