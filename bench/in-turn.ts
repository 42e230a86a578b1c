import { median, type Measured } from './measure.js';
import { round, type Figures } from './report.js';

/** Figures of commands that were run in turn, each some times, over so many rows; ratios are to the first of them. */
export function figuresInTurn(
  kind: string,
  measured: Readonly<Record<string, readonly Measured[]>>,
  rows: number,
): Figures[] {
  const [first = []] = Object.values(measured);
  return Object.entries(measured).map(([who, each]) => ({
    who: `${kind}: ${who}`,
    seconds: round(secondsOf(each), 2),
    'rows/s': Math.round(rows / secondsOf(each)),
    'times as long as the first': round(secondsOf(each) / secondsOf(first), 2),
    'peak MiB': Math.round(Math.max(...each.map((one) => one.peakRssBytes)) / 2 ** 20),
    'runs, s': each.map(({ seconds }) => seconds.toFixed(2)).join(' '),
  }));
}

function secondsOf(each: readonly Measured[]): number {
  return median(each.map(({ seconds }) => seconds));
}
