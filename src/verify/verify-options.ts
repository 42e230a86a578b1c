/** How source and copy are compared. */
export interface VerifyOptions {
  /** Globs `database.table` of the source's names: compare these tables of the copy only. */
  include?: readonly string[];
  exclude?: readonly string[];
  /** Sessions that read the source at the same time, at most. */
  threads?: number;
  /** Milliseconds that each session rests after each part of a table. */
  pauseMs?: number;
  /** How long the copy may take to get to where the source was read, in milliseconds. */
  waitMs?: number;
  /** How many differing rows of a table are given with their values. */
  differencesMax?: number;
  /** Percent of the rows that are compared, chosen at random; 100 when not given. */
  samplePercent?: number;
  /** Put rows right that differ. */
  repair?: boolean;
  /** After so long a snapshot of the source is given up for a new one, in milliseconds. */
  snapshotMaxMs?: number;
  /** Bytes of one part of a table that are held in memory; a larger part is read in several passes. */
  partBytesMax?: number;
  signal?: AbortSignal;
  /** Called with the rows that were compared, those that there are by the server's estimate, and a table. */
  onProgress?: (rows: number, rowsTotal: number, table: string) => void;
  /** Called with lines for people. */
  onNote?: (line: string) => void;
}

export interface VerifyLimits {
  threads: number;
  pauseMs: number;
  waitMs: number;
  differencesMax: number;
  samplePercent: number;
  snapshotMaxMs: number;
  partBytesMax: number;
}

const defaults: VerifyLimits = {
  threads: 4,
  pauseMs: 0,
  waitMs: 60_000,
  differencesMax: 10,
  samplePercent: 100,
  snapshotMaxMs: 10_000,
  partBytesMax: 64 * 1024 * 1024,
};

/** The limits of a comparison, those that are not given included. */
export function verifyLimits(options: VerifyOptions): VerifyLimits {
  const { threads, pauseMs, waitMs, differencesMax } = options;
  const { samplePercent, snapshotMaxMs, partBytesMax } = options;
  return {
    threads: threads ?? defaults.threads,
    pauseMs: pauseMs ?? defaults.pauseMs,
    waitMs: waitMs ?? defaults.waitMs,
    differencesMax: differencesMax ?? defaults.differencesMax,
    samplePercent: samplePercent ?? defaults.samplePercent,
    snapshotMaxMs: snapshotMaxMs ?? defaults.snapshotMaxMs,
    partBytesMax: partBytesMax ?? defaults.partBytesMax,
  };
}
