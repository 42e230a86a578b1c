import { html, styleElement, type Html, type HtmlValue } from './html.js';
import { css } from './style.js';

export interface Layout {
  /** Of the window: what is most urgent comes first. */
  title: string;
  /** Where one of the pages is shown. */
  current?: 'status' | 'sql';
  main: HtmlValue;
  /** Load it again after so many seconds; 0 never. `address` where that is another one. */
  refresh?: { seconds: number; address?: string };
  foot?: HtmlValue;
}

/** Gives a whole page. Its links are relative, so that it also works below a path of a proxy. */
export function layOut({ title, current, main, refresh, foot }: Layout): string {
  const again = refresh === undefined || refresh.seconds === 0 ? undefined : refresh;
  const target = again?.address === undefined ? '' : `; url=${again.address}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${again === undefined ? undefined : html`<meta http-equiv="refresh" content="${again.seconds}${target}" />`}
        <title>${title}</title>
        ${styleElement(css)}
      </head>
      <body>
        <header>
          <h1>TheFlash</h1>
          <nav aria-label="Pages">
            <ul>
              <li>${link('status', 'Status', current === 'status')}</li>
              <li>${link('sql', 'SQL', current === 'sql')}</li>
              <li><a href="status.json">JSON</a></li>
            </ul>
          </nav>
        </header>
        <main>${main}</main>
        <footer>${foot}</footer>
      </body>
    </html> `;
  return page.toString();
}

function link(address: string, name: string, isCurrent: boolean): Html {
  return isCurrent
    ? html`<a href="${address}" aria-current="page">${name}</a>`
    : html`<a href="${address}">${name}</a>`;
}
