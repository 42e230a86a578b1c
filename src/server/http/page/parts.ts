import { html, type Html, type HtmlValue } from './html.js';

export interface Column {
  name: string;
  isNumber?: boolean;
}

/**
 * A table that scrolls by itself where the window is narrow, and can be scrolled by keys.
 *
 * Shape: the first cell of a row is its header.
 */
export function dataTable(
  label: string,
  columns: readonly Column[],
  rows: readonly (readonly HtmlValue[])[],
): Html {
  const cells = (row: readonly HtmlValue[]): Html[] =>
    row.map((value, index) => {
      if (index === 0) return html`<th scope="row">${value}</th>`;
      return columns[index]?.isNumber === true
        ? html`<td class="number">${value}</td>`
        : html`<td>${value}</td>`;
    });
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map(({ name, isNumber }) =>
            isNumber === true
              ? html`<th scope="col" class="number">${name}</th>`
              : html`<th scope="col">${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and what they are; those without a value are left out. */
export function facts(list: readonly (readonly [string, HtmlValue])[]): Html {
  const known = list.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl>
    ${known.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** A part of a page under its heading. */
export function section(id: string, heading: HtmlValue, content: HtmlValue): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${heading}</h2>
    ${content}
  </section>`;
}

export function none(text: string): Html {
  return html`<p class="none">${text}</p>`;
}

/** What is wrong, and what to do. */
export function trouble(what: HtmlValue, hint: string | undefined): Html {
  return html`<div class="box bad">
    <p><strong class="bad">Error:</strong> ${what}</p>
    ${hint === undefined ? undefined : html`<p><strong>What to do:</strong> ${hint}</p>`}
  </div>`;
}

/** A moment, UTC, in seconds. */
export function moment(at: number | string): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
