/** Figures of one moment. */
export interface Sample {
  /** Units: ms since 1970. */
  atMs: number;
  /** One of each series; NaN where nothing is known. */
  values: readonly number[];
}

/** The newest samples of some series, in memory of a fixed size: 8 bytes a figure. */
export class SampleRing {
  readonly #width: number;
  readonly #samplesMax: number;
  readonly #figures: Float64Array;
  #count = 0;

  constructor(seriesCount: number, samplesMax: number) {
    this.#width = seriesCount + 1;
    this.#samplesMax = samplesMax;
    this.#figures = new Float64Array(this.#width * samplesMax);
  }

  get sizeBytes(): number {
    return this.#figures.byteLength;
  }

  /** Takes a sample, in place of the oldest one where the ring is full. */
  push({ atMs, values }: Sample): void {
    const begin = (this.#count % this.#samplesMax) * this.#width;
    this.#figures.fill(Number.NaN, begin, begin + this.#width);
    this.#figures.set([atMs, ...values.slice(0, this.#width - 1)], begin);
    this.#count += 1;
  }

  /** Gives them, the oldest first. */
  list(): Sample[] {
    const first = Math.max(0, this.#count - this.#samplesMax);
    return Array.from({ length: this.#count - first }, (_, index) => {
      const begin = ((first + index) % this.#samplesMax) * this.#width;
      const [atMs = 0, ...values] = this.#figures.subarray(begin, begin + this.#width);
      return { atMs, values };
    });
  }
}
