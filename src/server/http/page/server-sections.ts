import { formatBytes } from '../../../protocol/index.js';
import { type RunningRequest } from '../../active-request.js';
import { type RecentError } from '../../recent-errors.js';
import { type ServerFigures } from '../../status-document.js';
import { chart } from './chart.js';
import { historyMs, type Point } from './history.js';
import { html, type Html } from './html.js';
import { dataTable, facts, moment, none, section } from './parts.js';

/** What runs, each with a button that ends it. `token` is of the form. */
export function queriesSection(running: readonly RunningRequest[], token: string): Html {
  const columns = [
    { name: 'Query' },
    { name: 'From' },
    { name: 'Runs for', isNumber: true },
    { name: 'Sent', isNumber: true },
    { name: 'Statement' },
    { name: 'End it' },
  ];
  const rows = running.map(({ id, peer, active }) => [
    id,
    peer,
    `${(active.elapsedMs / 1000).toFixed(1)} s`,
    formatBytes(active.bytes),
    html`<code>${active.statement ?? active.what}</code>`,
    html`<form method="post" action="cancel">
      ${hidden('id', id)}${hidden('token', token)}
      <button>Cancel<span class="hidden"> ${id}</span></button>
    </form>`,
  ]);
  const content =
    rows.length === 0 ? none('None runs.') : dataTable('Running queries', columns, rows);
  return section('queries', 'Running queries', content);
}

function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}

/** The last errors as the log has them. */
export function errorsSection(errors: readonly RecentError[]): Html {
  const columns = [
    ...['Last', 'Event', 'Code', 'Error', 'What to do'].map((name) => ({ name })),
    { name: 'Times', isNumber: true },
  ];
  const rows = errors.map(({ atMs, count, event, fields }) => {
    const { code = '', engineCode, message, hint } = fields;
    const number = engineCode === undefined ? '' : ` ${String(engineCode)}`;
    const text = message === undefined ? 'The client has the text.' : String(message);
    return [
      ...[moment(atMs), event, `${String(code)}${number}`, text],
      ...[String(hint ?? wayOut(code)), count],
    ];
  });
  const content =
    rows.length === 0 ? none('None since the start.') : dataTable('Last errors', columns, rows);
  return section('errors', 'Last errors', content);
}

function wayOut(code: string | number | boolean): string {
  return code === '' ? '' : `docs/operations.md, "When a command fails", ${String(code)}`;
}

export function serverSection(
  { version, startedAt, connections, openScans, openWrites }: ServerFigures,
  sent: readonly Point[],
  nowMs: number,
): Html {
  const content = html`${facts([
      ['Version', version],
      ['Since', moment(startedAt)],
      ['Connections', connections],
      ['Open', `${openScans.length} scans, ${openWrites} writes`],
    ])}
    <div class="charts">
      ${chart({ id: 'sent', title: 'Sent to clients.', points: sent, nowMs, spanMs: historyMs, format: (rate) => `${formatBytes(rate)}/s` })}
    </div>`;
  return section('server', 'Server', content);
}
