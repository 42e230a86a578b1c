import { html, type Html } from './html.js';
import { layOut } from './layout.js';
import { dataTable, none } from './parts.js';
import { type ResultRows } from './result-rows.js';

/** What came of a statement. `format` is set where the statement has one of its own, which is not shown. */
export type SqlOutcome =
  | { kind: 'rows'; rows: ResultRows; elapsedMs: number }
  | { kind: 'format'; format: string }
  | { kind: 'error'; text: string };

/** The page with the SQL box, and under it what the statement gave. */
export function sqlPage(query: string, outcome: SqlOutcome | undefined): string {
  const main = html`<h2>SQL</h2>
    <form method="get" action="sql">
      <label for="query">Statement</label>
      <textarea id="query" name="query" spellcheck="false" required>${`\n${query}`}</textarea>
      <button>Run</button>
    </form>
    <p class="none">
      It reads, and changes nothing. The first ${rowsMax} rows are shown; a download runs the
      statement again, and has all.
    </p>
    ${outcome === undefined ? undefined : resultOf(query, outcome)}`;
  return layOut({ title: 'TheFlash: SQL', current: 'sql', main });
}

/** Rows that are shown. */
export const rowsMax = 1000;

/** Bytes of a result that are read for them. */
export const previewBytesMax = 2 * 1024 * 1024;

/** Letters of a value that are shown. */
const lettersMax = 1000;

function resultOf(query: string, outcome: SqlOutcome): Html {
  if (outcome.kind === 'error') {
    return html`<h2>Error</h2>
      <pre class="box bad" role="alert">${outcome.text}</pre>`;
  }
  if (outcome.kind === 'format') {
    const { format } = outcome;
    return html`<h2>Result</h2>
      <p>
        The statement has a FORMAT of its own, ${format}:
        ${download(query, '', 'download it', 'result')}.
      </p>`;
  }
  const { rows, elapsedMs } = outcome;
  const links = downloads.map(
    ([format, name, file]) => html`<li>${download(query, format, name, file)}</li>`,
  );
  return html`<h2>Result</h2>
    <p>${summary(rows)}, ${(elapsedMs / 1000).toFixed(2)} s</p>
    <ul class="downloads">
      ${links}
    </ul>
    ${rows.rows.length === 0 ? none('There are no rows.') : resultTable(rows)}`;
}

function summary({ rows, isWhole }: ResultRows): string {
  const count = `${rows.length} row${rows.length === 1 ? '' : 's'}`;
  if (isWhole) return count;
  return rows.length === rowsMax
    ? `the first ${count}; there are more`
    : `the first ${count}: more do not fit on a page`;
}

const downloads = [
  ['Arrow', 'Arrow', 'result.arrow'],
  ['Parquet', 'Parquet', 'result.parquet'],
  ['CSVWithNames', 'CSV', 'result.csv'],
] as const;

/** By the ordinary way of queries: GET, which changes nothing. */
function download(query: string, format: string, name: string, file: string): Html {
  const parameters = new URLSearchParams({ query });
  if (format !== '') parameters.set('default_format', format);
  return html`<a href="./?${parameters.toString()}" download="${file}">${name}</a>`;
}

function resultTable({ names, types, rows }: ResultRows): Html {
  const columns = [
    { name: '#', isNumber: true },
    ...names.map((name, index) => ({ name, isNumber: isNumber(types[index] ?? '') })),
  ];
  const shown = rows.map((row, index) => [index + 1, ...row.map(shownValue)]);
  return html`<div class="result">${dataTable('Result', columns, shown)}</div>`;
}

function isNumber(type: string): boolean {
  return /^(?:Nullable\()?(?:U?Int|B?Float|Decimal)/.test(type);
}

function shownValue(value: string | null): Html | string {
  if (value === null) return html`<span class="none">NULL</span>`;
  if (value.length <= lettersMax) return value;
  return html`${value.slice(0, lettersMax)}<span class="none">… (${value.length} letters)</span>`;
}
