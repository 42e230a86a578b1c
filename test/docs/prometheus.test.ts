// Goal: the dashboard and the alert rules of examples/prometheus fit the server. Method: every metric that they name is
// in /metrics of a server that follows a source; promtool checks the rules, and fires each on series made for it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../e2e/cli.js';
import { parseMetrics, runPromtool } from '../server/metrics-text.js';
import { startServe } from '../server/serve-process.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'examples/prometheus');
const rulesFile = path.join(folder, 'theflash.rules.yml');
const files = [rulesFile, path.join(folder, 'grafana-dashboard.json')];

testSerialWith('mariadb')('a server has every metric that the examples name', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  await server.query('CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)');
  const served = await startServe(path.join(temporaryFolder(t), 'engine'), {
    args: [
      ...['--binlog', `mysql://root@127.0.0.1:${server.port}/`],
      ...['--metrics-listen', '127.0.0.1:0'],
    ],
  });
  t.teardown(() => served.stop());
  const named = new Set<string>();
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    for (const [name] of text.matchAll(/\b(?:theflash|process)_[a-z_]+/g)) named.add(name);
  }
  t.true(named.size > 15);
  let missing: string[] = [];
  for (let tries = 0; tries < 1800; tries += 1) {
    const page = parseMetrics(await (await fetch(served.metricsUrl)).text());
    const there = new Set(page.samples.map(({ name }) => name));
    missing = [...named].filter((name) => !there.has(name));
    if (missing.length === 0) break;
    await delay(100);
  }
  t.deepEqual(missing, []);
});

test('each alert has a runbook in docs/operations.md, and so has the dashboard', async (t) => {
  const docs = await readFile(path.join(root, 'docs/operations.md'), 'utf8');
  const anchors = new Set(
    [...docs.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
  const rules = await readFile(rulesFile, 'utf8');
  const alerts = [
    ...rules.matchAll(/- alert: (\w+)[\s\S]*?runbook_url: docs\/operations\.md#(\S+)/g),
  ];
  t.is(alerts.length, 4);
  for (const [, alert = '', anchor = ''] of alerts) {
    t.true(anchors.has(anchor), `${alert}: ${anchor}`);
    t.true(docs.includes(`\`${alert}\``), `${alert} stands in the docs`);
  }
  const dashboard = await readFile(path.join(folder, 'grafana-dashboard.json'), 'utf8');
  for (const [, anchor = ''] of dashboard.matchAll(/docs\/operations\.md#([a-z-]+)/g)) {
    t.true(anchors.has(anchor), anchor);
  }
});

test('the dashboard has panels that do not lie on each other, and names its data source', async (t) => {
  const text = await readFile(path.join(folder, 'grafana-dashboard.json'), 'utf8');
  const { panels } = JSON.parse(text) as {
    panels: { title: string; gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[];
  };
  const taken = new Set<string>();
  for (const { title, gridPos: at } of panels) {
    t.true(at.x + at.w <= 24, title);
    for (let x = at.x; x < at.x + at.w; x += 1) {
      for (let y = at.y; y < at.y + at.h; y += 1) {
        t.false(taken.has(`${x} ${y}`), title);
        taken.add(`${x} ${y}`);
      }
    }
  }
  t.notRegex(text, /"datasource": (?:null|")/);
});

test('promtool: the rules are well formed, and each alert fires and does not', async (t) => {
  const checked = runPromtool(['check', 'rules', rulesFile]);
  if (checked === undefined) {
    t.log('skipped: promtool is not installed (apt-get install prometheus)');
    t.pass();
    return;
  }
  t.is(checked.code, 0, checked.output);
  const source = 'source="repl@db:3306"';
  const bad: readonly (readonly [alert: string, ...series: [string, string][]])[] = [
    ['TheFlashLag', [`theflash_source_lag_seconds{${source}}`, '90x30']],
    ['TheFlashSourceStopped', [`theflash_source_up{${source}}`, '0x30']],
    [
      'TheFlashDisk',
      ['theflash_engine_disk_free_bytes', '9x30'],
      ['theflash_engine_disk_size_bytes', '100x30'],
    ],
    ['TheFlashErrors', ['theflash_errors_total{code="DISK_FULL"}', '0 0 0+1x28']],
    ['TheFlashErrors', ['theflash_source_errors_total{code="AUTH"}', '0+1x30']],
    ['TheFlashErrors', ['theflash_engine_up', '0x30']],
  ];
  for (const [alert, ...series] of bad) t.true(await fires(t, alert, series), alert);
  const good: [string, string][] = [
    [`theflash_source_lag_seconds{${source}}`, '30x30'],
    [`theflash_source_up{${source}}`, '1x30'],
    ['theflash_engine_disk_free_bytes', '20x30'],
    ['theflash_engine_disk_size_bytes', '100x30'],
    ['theflash_errors_total{code="DISK_FULL"}', '7x30'],
    ['theflash_errors_total{code="AUTH"}', '0+1x30'],
    ['theflash_source_errors_total{code="CONNECTION"}', '0 1 1x28'],
    ['theflash_engine_up', '1x30'],
  ];
  for (const [alert] of bad) t.false(await fires(t, alert, good), alert);
});

/** Whether an alert fires after 20 minutes of the series. */
async function fires(
  t: ExecutionContext,
  alert: string,
  series: readonly (readonly [name: string, values: string])[],
): Promise<boolean> {
  const file = path.join(temporaryFolder(t), 'rules-test.yml');
  const input = series.map(([name, values]) => `      - {series: '${name}', values: '${values}'}`);
  // Without `exp_alerts` none may fire: promtool fails where one does.
  await writeFile(
    file,
    [
      `rule_files: ['${rulesFile}']`,
      'evaluation_interval: 1m',
      'tests:',
      '  - interval: 1m',
      '    input_series:',
      ...input,
      '    alert_rule_test:',
      `      - {eval_time: 20m, alertname: ${alert}, exp_alerts: []}`,
      '',
    ].join('\n'),
  );
  const { code, output } = runPromtool(['test', 'rules', file]) ?? { code: null, output: '' };
  if (code !== 0) t.regex(output, new RegExp(`alertname: ?"?${alert}|got:\\[`), output);
  return code !== 0;
}
