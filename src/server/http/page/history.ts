import { type FollowedSource } from '../../../protocol/index.js';
import { SampleRing, type Sample } from './sample-ring.js';

/** A figure over time. Units: ms since 1970; undefined where it is not known. */
export interface Point {
  atMs: number;
  value: number | undefined;
}

/** What is drawn of a source. Units: seconds, and row changes a second. */
export interface SourceHistory {
  lag: readonly Point[];
  rows: readonly Point[];
}

/**
 * Lag and throughput over the last hour, by a sample each ten seconds.
 *
 * Guarantee: 360 samples of each of 16 sources at most, and of the server: 144,000 bytes.
 */
export class History {
  readonly #sources = new Map<string, SampleRing>();
  readonly #server = new SampleRing(1, samplesMax);

  /** Takes a sample of all. */
  take(nowMs: number, sources: readonly FollowedSource[], sentBytes: number): void {
    this.#server.push({ atMs: nowMs, values: [sentBytes] });
    for (const { state, figures } of sources) {
      const ring = this.#ringOf(state.location);
      ring?.push({ atMs: nowMs, values: [seconds(state.lagMs), countChanges(figures)] });
    }
  }

  /** Gives what is known of a source, the newest point as it is at this moment. */
  ofSource(nowMs: number, { state, figures }: FollowedSource): SourceHistory {
    const now = { atMs: nowMs, values: [seconds(state.lagMs), countChanges(figures)] };
    const samples = [...(this.#sources.get(state.location)?.list() ?? []), now];
    return { lag: pointsOf(samples, 0), rows: ratesOf(samples, 1) };
  }

  /** Gives bytes a second that left for clients. */
  sent(nowMs: number, sentBytes: number): readonly Point[] {
    return ratesOf([...this.#server.list(), { atMs: nowMs, values: [sentBytes] }], 0);
  }

  #ringOf(location: string): SampleRing | undefined {
    const known = this.#sources.get(location);
    if (known !== undefined || this.#sources.size >= sourcesMax) return known;
    const ring = new SampleRing(2, samplesMax);
    this.#sources.set(location, ring);
    return ring;
  }
}

/** A sample each so often. */
export const sampleEveryMs = 10_000;

const samplesMax = 360;
const sourcesMax = 16;

/** What is drawn. */
export const historyMs = sampleEveryMs * samplesMax;

function seconds(ms: number | undefined): number {
  return ms === undefined ? Number.NaN : ms / 1000;
}

function countChanges({ rowChanges }: FollowedSource['figures']): number {
  return rowChanges.insert + rowChanges.update + rowChanges.delete;
}

function pointsOf(samples: readonly Sample[], series: number): Point[] {
  return samples.map(({ atMs, values }) => {
    const value = values[series] ?? Number.NaN;
    return { atMs, value: Number.isNaN(value) ? undefined : value };
  });
}

/** A second, between each sample and the one before it. Two that are close say little: their time is taken for a second. */
function ratesOf(samples: readonly Sample[], series: number): Point[] {
  return samples.slice(1).map(({ atMs, values }, index) => {
    const before = samples[index];
    const grown = (values[series] ?? 0) - (before?.values[series] ?? 0);
    const passedMs = Math.max(1000, atMs - (before?.atMs ?? 0));
    return { atMs, value: Math.max(0, (grown * 1000) / passedMs) };
  });
}
