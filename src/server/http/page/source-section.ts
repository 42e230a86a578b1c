import { formatBytes, formatCount, type FollowedSource } from '../../../protocol/index.js';
import { chart } from './chart.js';
import { historyMs, type SourceHistory } from './history.js';
import { html, type Html } from './html.js';
import { facts, moment, section, trouble } from './parts.js';

/** How a source stands, its lag and what comes of it. `index` is 0-based. */
export function sourceSection(
  { state, figures }: FollowedSource,
  { lag, rows }: SourceHistory,
  nowMs: number,
  index: number,
): Html {
  const { location, phase, sinceMs, sourceTimeMs, visibleAtMs, failure, retryAtMs } = state;
  const { insert, update, delete: deleted } = figures.rowChanges;
  const time = (atMs: number | undefined): Html | undefined =>
    atMs === undefined || atMs === 0 ? undefined : moment(atMs);
  const where = { nowMs, spanMs: historyMs };
  const content = html`<p>
      <span class="state ${colours[phase]}">${phase}</span> since ${moment(sinceMs)}
    </p>
    ${failure === undefined ? undefined : trouble(html`${phase === 'stopped' ? 'stopped' : 'last stopped'} ${moment(failure.atMs)}${retryAtMs === undefined ? undefined : html`, next try ${moment(retryAtMs)}`}: <code>${failure.code}</code> ${failure.message}`, failure.hint)}
    ${facts([
      ['Lag', lagText(state)],
      ['Away since', time(state.lostSinceMs)],
      ['Newest transaction', time(sourceTimeMs)],
      ['Readers see it since', time(visibleAtMs)],
      ['Transactions', figures.transactions],
      ['Rows', `${insert} inserted, ${update} updated, ${deleted} deleted`],
      ['Reconnects', figures.reconnects],
    ])}
    <div class="charts">
      ${chart({ ...where, id: `lag-${index}`, title: 'Lag.', points: lag, format: secondsText })}
      ${chart({ ...where, id: `rows-${index}`, title: 'Row changes.', points: rows, format: rateText })}
    </div>`;
  return section(`source-${index}`, html`Source <bdi>${location}</bdi>`, content);
}

/** The lag in the words of `theflash status`. */
export function lagText({ lagMs, behindBytes }: FollowedSource['state']): string {
  if (lagMs === undefined) return 'not known yet';
  const bytes = behindBytes === undefined ? '' : `, ${formatBytes(behindBytes)} of its logs`;
  return `${(lagMs / 1000).toFixed(1)} s${bytes}`;
}

const colours = { following: 'good', loading: 'wait', connecting: 'wait', stopped: 'bad' } as const;

function secondsText(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function rateText(rate: number): string {
  return `${rate < 10 && rate > 0 ? rate.toFixed(1) : formatCount(rate)} rows/s`;
}
