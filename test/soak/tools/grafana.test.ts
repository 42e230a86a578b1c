// Goal: what Grafana's ClickHouse plugin sends over HTTP is answered, value by value. Method: a program of ours
// (grafana/main.go) with the plugin's own driver, clickhouse-go, and its statements; values are held against the
// SELECT of the server that is copied. Without Go or its modules it is passed over.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { projectRoot } from '../../../src/build/index.js';
import { passOver } from '../../python-packages.js';
import { testSerialWith } from '../../servers/test-with.js';
import { copyShop } from './copied-shop.js';
import { columnNames, typesDdl, typesSelect } from './types-table.js';

const program = path.join(projectRoot, 'build', 'grafana', 'check');

/** Why it can't be built, or undefined. */
async function build(): Promise<string | undefined> {
  await mkdir(path.dirname(program), { recursive: true });
  const { exitCode, stderr } = await execa('go', ['build', '-o', program, '.'], {
    cwd: path.join(projectRoot, 'test/soak/tools/grafana'),
    reject: false,
    timeout: 600_000,
  });
  return exitCode === 0 ? undefined : `go can't: ${stderr.slice(-300)}`;
}

interface Told {
  types: unknown;
  editor: Record<string, unknown>;
  panels: Record<string, unknown>;
  driver: Record<string, unknown>;
  insert: unknown;
  limited: unknown;
  wrong: unknown;
}

testSerialWith('mariadb')("Grafana's statements are answered", async (t) => {
  t.timeout(900_000);
  const missing = await build();
  if (missing !== undefined) return passOver(t, { missing });
  const { served, select } = await copyShop(t, 'mariadb', typesDdl);
  for (const packing of ['gzip', 'lz4', 'none']) {
    const { stdout } = await execa(program, [`${served.httpPort}`, packing], {
      env: { THEFLASH_TOKEN: served.token },
      timeout: 300_000,
    });
    const told = JSON.parse(stdout) as Told;
    t.deepEqual(told.types, await select(typesSelect), packing);
    checkEditor(t, told.editor);
    checkDriver(t, told.driver);
    // With lz4, which the plugin does not use, this driver wants errors packed, too.
    const codes = ['unknown', 'late', 'slow'].map((name) => told.driver[name]);
    if (packing !== 'lz4') t.deepEqual([...codes, told.wrong], [47, 395, 159, 516], packing);
    for (const [panel, sql] of Object.entries(panelSelects)) {
      t.deepEqual(told.panels[panel], await select(sql), `${packing}: ${panel}`);
    }
    t.deepEqual(told.insert, kept);
    t.deepEqual(told.limited, [['1']]);
  }
});

/** What the server itself says to the panels' questions. */
const panelSelects = {
  series: `SELECT DATE_FORMAT(placed, '%Y-%m-%d %H:00:00') AS h, kind, SUM(amount) FROM shop.points
    WHERE placed BETWEEN '2026-01-01' AND '2026-01-02 23:59:59' GROUP BY h, kind ORDER BY h, kind`,
  seriesMs: `SELECT CONCAT(DATE_FORMAT(placed, '%Y-%m-%d %H:%i:%s'), IF(MICROSECOND(placed) < 500000, '.000', '.500')) AS h,
    COUNT(*) FROM shop.points WHERE placed BETWEEN '2026-01-01' AND '2026-01-02 23:59:59' GROUP BY h ORDER BY h`,
  dateFilter:
    "SELECT id FROM shop.points WHERE day BETWEEN '2026-01-01' AND '2026-01-02' ORDER BY id",
  dateTimeFilter: `SELECT id FROM shop.points WHERE day BETWEEN '2026-01-01' AND '2026-01-02'
    AND placed BETWEEN '2026-01-01' AND '2026-01-02 23:59:59' ORDER BY id`,
  logs: `SELECT CAST(placed AS CHAR), kind, kind AS level FROM shop.points WHERE placed <= '2026-01-02 23:59:59'
    AND kind LIKE '%e%' ORDER BY placed DESC, id LIMIT 2`,
};

function checkEditor(t: ExecutionContext, editor: Told['editor']): void {
  t.regex(String(editor['version']), /^\d+\.\d+/);
  t.true(JSON.stringify(editor['databases']).includes('"shop"'));
  t.deepEqual(editor['tables'], [['points'], ['types']]);
  const described = editor['described'] as string[][];
  t.deepEqual(
    described.map(([name]) => name),
    columnNames,
  );
  const columns = editor['columns'] as string[][];
  t.deepEqual(
    columns.map(([name, type]) => [name, type]),
    described.map(([name, type]) => [name, type]),
  );
  t.true(Number(editor['functions']) > 1000);
  t.deepEqual(editor['values'], [["it's"], ['new']]);
  t.deepEqual(editor['mapKeys'], [['k']]);
}

function checkDriver(t: ExecutionContext, driver: Told['driver']): void {
  const text = 'it\'s\t\\ \n"ü"';
  t.deepEqual(driver['named'], [[text, '-5', '[1 2]']]);
  t.deepEqual(driver['placed'], [[text, '7']]);
  t.is(driver['cancelled'], true);
  t.deepEqual(driver['zone'], [['2026-01-01 00:00:00']]);
  t.deepEqual(driver['streamed'], [1_000_000, 499_999_500_000]);
}

const kept = {
  kept: [0, 1, 2].map((k) => [
    ...[`${k}`, k === 2 ? null : `new '${k}'\t`],
    ...[`2026-01-01 00:00:00.${123 + k}`, '[new same]'],
  ]),
};
