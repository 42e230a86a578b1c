import { type Point } from './history.js';
import { html, type Html } from './html.js';

export interface ChartOptions {
  /** Unique on its page. */
  id: string;
  title: string;
  points: readonly Point[];
  /** Its right edge, and how far it goes back. Units: ms. */
  nowMs: number;
  spanMs: number;
  /** A figure with its unit. */
  format: (value: number) => string;
}

/**
 * Draws figures over time as SVG, with their newest and their highest value in words: colours and lines alone would tell
 * nothing to who can't see them.
 */
export function chart({ id, title, points, nowMs, spanMs, format }: ChartOptions): Html {
  const shown = points.filter(({ atMs }) => atMs >= nowMs - spanMs && atMs <= nowMs);
  const values = shown.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const highest = Math.max(0, ...values);
  const newest = shown.at(-1)?.value;
  const words =
    values.length === 0
      ? 'Nothing is known yet.'
      : `Now ${newest === undefined ? 'unknown' : format(newest)}, at most ${format(highest)}.`;
  const top = niceTop(highest);
  const x = (atMs: number): number => left + ((atMs - nowMs + spanMs) / spanMs) * (right - left);
  const y = (value: number): number => bottom - (value / top) * (bottom - ceiling);
  const minutes = Math.round(spanMs / 60_000);
  return html`<figure>
    <figcaption id="${id}-title"><strong>${title}</strong> ${words}</figcaption>
    <svg viewBox="0 0 320 110" role="img" aria-labelledby="${id}-title">
      <path
        class="grid"
        d="M${left} ${ceiling}H${right}M${left} ${(ceiling + bottom) / 2}H${right}M${left} ${bottom}H${right}"
      />
      <text x="${left}" y="9">${format(top)}</text>
      <text x="${left}" y="107">${minutes} min ago</text>
      <text x="${right}" y="107" text-anchor="end">now</text>
      ${lines(shown, x, y).map((d) => html`<path class="line" d="${d}" />`)}
    </svg>
  </figure>`;
}

/** The drawing, in units of the viewBox. */
const left = 2;
const right = 318;
const ceiling = 13;
const bottom = 96;

/** Paths of neighbours: where a figure was not known, or none was taken for a while, the line is broken. */
function lines(
  points: readonly Point[],
  x: (atMs: number) => number,
  y: (value: number) => number,
): string[] {
  const paths: string[] = [];
  let path = '';
  let lastMs = 0;
  for (const { atMs, value } of points) {
    if (value !== undefined) {
      const place = `${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`;
      const goesOn = path !== '' && atMs - lastMs <= gapMs;
      if (!goesOn && path !== '') paths.push(path);
      path = goesOn ? `${path}L${place}` : `M${place}h0.1`;
      lastMs = atMs;
    } else if (path !== '') {
      paths.push(path);
      path = '';
    }
  }
  return path === '' ? paths : [...paths, path];
}

const gapMs = 45_000;

/** A round figure that is not smaller: 1, 2 or 5 of a power of ten. */
function niceTop(highest: number): number {
  if (!(highest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const factor = [1, 2, 5, 10].find((each) => each * power >= highest) ?? 10;
  return factor * power;
}
