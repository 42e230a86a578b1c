// Goal: the pages are right in a browser: on a phone, in the dark, with keys, without a script and without a complaint.
// Method: Chromium without a window logs in as people do, and is asked what it shows.
import anyTest, { type TestFn } from 'ava';
import {
  findChromium,
  startChromium,
  type Browser,
  type BrowserPage,
  type Look,
} from '../../../../scripts/drawing/chromium.js';
import { emptyFigures } from '../../../../src/follow/source-figures.js';
import type { FollowedSource } from '../../../../src/protocol/index.js';
import { run, send, type HttpServer } from '../http-server.js';
import { startPage } from './page-server.js';

const program = findChromium();
if (program === undefined) console.error('skipped: no chromium (apt-get install chromium)');
const test: TestFn | TestFn['skip'] = program === undefined ? anyTest.skip : anyTest.serial;

const hostile =
  '"><script>document.title="taken"</script><img src=x onerror=document.title="taken">';
const long = 'a_name_that_is_as_long_as_mysql_lets_names_be_which_is_64_letters';

const source: FollowedSource = {
  state: {
    location: `repl@${hostile}:3306`,
    phase: 'stopped',
    sinceMs: Date.now(),
    starts: 3,
    lagMs: 83_000,
    behindBytes: 4_200_000,
    failure: {
      code: 'UNSUPPORTED',
      message: `${long.repeat(3)} ${hostile}`,
      hint: hostile,
      atMs: Date.now(),
    },
  },
  figures: emptyFigures(),
};

let server: HttpServer;
let browser: Browser;
let page: BrowserPage;
let address = '';
anyTest.before(async () => {
  if (program === undefined) return;
  server = await startPage({ sources: [source] });
  await run(server, `CREATE DATABASE "${long}"`);
  await run(
    server,
    `CREATE TABLE "${long}"."${long}" (id Int32, "${long}" String) ENGINE = MutableMergeTree ORDER BY id`,
  );
  await run(
    server,
    `INSERT INTO "${long}"."${long}" VALUES (1, '${hostile}'), (2, '${long.repeat(20)}')`,
  );
  await run(server, `CREATE SNAPSHOT monday OF "${long}"."${long}"`);
  browser = await startChromium(program);
  page = await browser.newPage();
  address = server.url.replace('://', `://me:${server.token}@`);
});
anyTest.after.always(async () => {
  if (program === undefined) return;
  await browser.stop();
  await server.stop();
});

const desk: Look = { width: 1280, height: 900, scheme: 'light', isPhone: false };
const phone: Look = { width: 360, height: 740, scheme: 'dark', isPhone: true };
const select = `/sql?query=${encodeURIComponent(`SELECT * FROM "${long}"."${long}"`)}`;
const paths = [
  '/',
  '/status',
  '/sql',
  select,
  '/sql?query=SELECT+oops',
  '/status?cancelled=http-1',
];

test('each page is shown without a complaint, and fits its window', async (t) => {
  for (const look of [desk, phone, { ...phone, width: 320 }]) {
    await page.look(look);
    for (const path of paths) {
      await page.open(`${address}${path}`);
      const where = `${path} at ${look.width}`;
      t.regex(String(await page.evaluate('document.title')), /TheFlash/, where);
      t.is(await page.evaluate('document.documentElement.scrollWidth'), look.width, where);
      t.is(await page.evaluate("document.querySelectorAll('script, img, [onerror]').length"), 0);
      const wide = `[...document.querySelectorAll('main *')].filter((each) => !each.closest('.scroll, .hidden') &&
        each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 80)).join()`;
      t.is(await page.evaluate(wide), '', where);
    }
  }
  // What a page with an error's status says to the log of the browser.
  t.true(page.complaints.length > 0, 'they are heard');
  t.deepEqual(
    page.complaints.filter((text) => !text.includes('status of 404')),
    [],
  );
});

const colour = (selector: string, name: string): string =>
  `getComputedStyle(document.querySelector('${selector}'))['${name}']`;

test('light and dark, each with enough contrast', async (t) => {
  for (const [scheme, back] of [
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(13, 17, 23)'],
  ] as const) {
    await page.look({ ...desk, scheme });
    await page.open(`${address}/status`);
    t.is(await page.evaluate(colour('body', 'backgroundColor')), back);
    for (const selector of [
      'body',
      'a',
      'dt',
      'footer',
      '.bad',
      '.none',
      'svg text',
      'td',
      'th',
      'figcaption',
    ]) {
      const name = selector === 'svg text' ? 'fill' : 'color';
      const front = String(await page.evaluate(colour(selector, name)));
      for (const behind of [
        back,
        String(await page.evaluate(colour('figure', 'backgroundColor'))),
      ]) {
        t.true(contrast(front, behind) >= 4.5, `${scheme} ${selector}: ${front} on ${behind}`);
      }
    }
  }
});

test('landmarks, headers of tables, labels, and parts that scroll by keys', async (t) => {
  await page.look(desk);
  await page.open(`${address}/status`);
  const count = (selector: string): Promise<unknown> =>
    page.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
  for (const selector of [
    'html[lang=en]',
    'header h1',
    'nav[aria-label]',
    'main',
    'footer',
    'a[aria-current=page]',
  ]) {
    t.is(await count(selector), 1, selector);
  }
  t.is(await count('section:not([aria-labelledby])'), 0);
  t.is(
    await page.evaluate(
      "[...document.querySelectorAll('[aria-labelledby]')].every((each) => document.getElementById(each.getAttribute('aria-labelledby')).textContent !== '')",
    ),
    true,
  );
  t.is(await count('td:first-child, th:not([scope]), .scroll:not([tabindex="0"][aria-label])'), 0);
  t.is(await count('svg:not([role=img])'), 0);
  t.is(
    await page.evaluate(
      "new Set([...document.querySelectorAll('[id]')].map((each) => each.id)).size === document.querySelectorAll('[id]').length",
    ),
    true,
  );
  t.is(await page.evaluate("document.querySelector('.state').textContent"), 'stopped');
  await page.open(`${address}/sql`);
  t.is(
    await page.evaluate("document.querySelector('textarea').labels[0].textContent"),
    'Statement',
  );
});

test('a statement is typed, run, and comes back as it was', async (t) => {
  await page.open(`${address}/sql`);
  const sql = `\n  SELECT id, "${long}" AS v\nFROM "${long}"."${long}" ORDER BY id -- ${hostile}`;
  await page.evaluate(`document.querySelector('textarea').value = ${JSON.stringify(sql)}`);
  await page.evaluate("document.querySelector('form button').click()", true);
  t.is(await page.evaluate("document.querySelector('textarea').value"), sql);
  t.is(
    await page.evaluate(
      "[...document.querySelectorAll('tbody td')].map((each) => each.textContent).join('|')",
    ),
    `1|${hostile}|2|${long.repeat(20).slice(0, 1000)}… (${long.length * 20} letters)`,
  );
  t.deepEqual(
    await page.evaluate(
      "[...document.querySelectorAll('a[download]')].map((each) => each.download)",
    ),
    ['result.arrow', 'result.parquet', 'result.csv'],
  );
});

test('the button ends a query that runs', async (t) => {
  const query = send(server, '/', { body: 'SELECT sum(cityHash64(number)) FROM system.numbers' });
  do {
    await page.open(`${address}/status`);
  } while ((await page.evaluate("document.querySelectorAll('form button').length")) !== 1);
  await page.evaluate("document.querySelector('form button').click()", true);
  t.regex(
    String(await page.evaluate("document.querySelector('[role=status]').textContent")),
    /^http-\d+ was cancelled\.$/,
  );
  t.is(await page.evaluate('location.pathname'), '/status');
  const { headers } = await query;
  t.is(headers['x-clickhouse-exception-code'], '394');
});

test('it loads again by itself, and stays where it was told to', async (t) => {
  await page.open(`${address}/status?refresh=2`);
  const first = await page.evaluate("document.querySelector('footer time').dateTime");
  await page.evaluate('0', true);
  t.not(await page.evaluate("document.querySelector('footer time').dateTime"), first);
  await page.open(`${address}/status?refresh=0`);
  t.is(await page.evaluate("document.querySelectorAll('meta[http-equiv]').length"), 0);
});

/** Source: WCAG 2.2, "contrast ratio". */
function contrast(left: string, right: string): number {
  const [high = 0, low = 0] = [luminance(left), luminance(right)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(text: string): number {
  const [red = 0, green = 0, blue = 0] = [...text.matchAll(/\d+/g)].map(([number]) => {
    const part = Number(number) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
