import { type FollowedSource } from '../../../protocol/index.js';
import { type RunningRequest } from '../../active-request.js';
import { type RecentError } from '../../recent-errors.js';
import { type ServerFigures } from '../../status-document.js';
import { copySection, snapshotsSection, tablesSection } from './engine-sections.js';
import { type Point, type SourceHistory } from './history.js';
import { html, type Html } from './html.js';
import { layOut } from './layout.js';
import { moment, none, section, trouble } from './parts.js';
import { errorsSection, queriesSection, serverSection } from './server-sections.js';
import { lagText, sourceSection } from './source-section.js';
import { type KnownStatus } from './status-cache.js';

/** What is shown. */
export interface StatusView {
  nowMs: number;
  sources: readonly { source: FollowedSource; history: SourceHistory }[];
  known: KnownStatus;
  running: readonly RunningRequest[];
  errors: readonly RecentError[];
  server: ServerFigures;
  sent: readonly Point[];
  token: string;
  /** Units: seconds; 0 never. */
  refreshSeconds: number;
  /** What came of a button: the id of the query that it ended, or that had ended already. */
  cancelled: { id: string; isDone: boolean } | undefined;
}

/** The page that tells how all stands. */
export function statusPage(view: StatusView): string {
  const { nowMs, known, sources, cancelled, refreshSeconds } = view;
  const { reading, failure } = known;
  const main = html` ${cancelled === undefined ? undefined : html`<p class="box" role="status">${cancelled.id} ${cancelled.isDone ? 'was cancelled.' : 'had ended already.'}</p>`}
  ${failure === undefined ? undefined : trouble(html`<code>${failure.code}</code> ${failure.message}`, failure.hint)}
  ${sources.length === 0 ? section('source-0', 'Source', none('This server follows no source.')) : undefined}
  ${sources.map(({ source, history }, index) => sourceSection(source, history, nowMs, index))}
  ${reading === undefined ? undefined : tablesSection(reading.status)}
  ${queriesSection(view.running, view.token)}
  ${reading === undefined ? undefined : snapshotsSection(reading.status)}
  ${errorsSection(view.errors)}
  ${reading === undefined ? undefined : copySection(reading.status, reading.warnings)}
  ${serverSection(view.server, view.sent, nowMs)}`;
  return layOut({
    title: titleOf(view),
    current: 'status',
    main,
    refresh: {
      seconds: refreshSeconds,
      // Told once.
      ...(cancelled === undefined ? {} : { address: 'status' }),
    },
    foot: html`<p>
      As of
      ${moment(nowMs)}${reading === undefined ? undefined : html`; tables, snapshots and copy as of ${moment(reading.readAtMs)}`}.
      ${refreshLine(refreshSeconds)}
    </p>`,
  });
}

function refreshLine(seconds: number): Html {
  return seconds === 0
    ? html`It stays as it is. <a href="status">Load it again each ${refreshSecondsDefault} s</a>`
    : html`It loads again each ${seconds} s. <a href="status?refresh=0">Stop that</a>`;
}

export const refreshSecondsDefault = 10;

/** Tells in a row of tabs whether all is well. */
function titleOf({ sources, known }: StatusView): string {
  const words = sources.map(({ source: { state } }) =>
    state.phase === 'following' ? `lag ${lagText(state).replace(/,.*/, '')}` : state.phase,
  );
  if (known.failure !== undefined) words.unshift(known.failure.code);
  return words.length === 0 ? 'TheFlash' : `${words.join(', ')} · TheFlash`;
}
