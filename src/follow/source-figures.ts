import { durationBounds, errorCodes, Histogram, type SourceFigures } from '../protocol/index.js';

/** Figures of a source that has brought nothing yet. */
export function emptyFigures(): SourceFigures {
  return {
    transactions: 0,
    rowChanges: { insert: 0, update: 0, delete: 0 },
    reconnects: 0,
    // Each code from the start on: a rate can be told of the first error, too.
    failures: new Map(Object.keys(errorCodes).map((code) => [code, 0])),
    batchSeconds: new Histogram(durationBounds),
    commitSeconds: new Histogram(durationBounds),
  };
}
