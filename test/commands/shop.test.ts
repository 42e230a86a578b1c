import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parseCsv } from '../cli/format/parse-csv.js';
import { runTheflash } from '../cli/run-theflash.js';
import { makeEngineFolder, type EngineFolder } from './engine-folder.js';

const example = fileURLToPath(new URL('../../examples/shop/', import.meta.url));
const logs = ['binlog.000001', 'binlog.000002'].map((name) => join(example, name));
const keys = new Map([
  ['customers', 'id'],
  ['products', 'sku'],
  ['orders', 'id'],
  ['order_items', 'order_id, line'],
]);

let folder: EngineFolder;
test.before(async () => {
  folder = await makeEngineFolder();
  const run = await runTheflash(['write', '--engine', folder.engine, '--binlog', ...logs]);
  if (run.exitCode !== 0) throw new Error(`The logs were not replayed: ${run.stderr}`);
});
test.after.always(async () => {
  await folder.remove();
});

for (const file of readdirSync(join(example, 'expected'))) {
  const table = file.replace('.tsv', '');
  test.serial(`shop.${table} is what the server's own SELECT gave, value by value`, async (t) => {
    const [names = [], ...rows] = parseTsv(await readFile(join(example, 'expected', file), 'utf8'));
    const run = await runTheflash([
      ...['scan', `shop.${table}`, '--engine', folder.engine, '--format', 'csv'],
      ...['--order-by', keys.get(table) ?? ''],
    ]);
    t.is(run.stderr, '');
    const [header, ...scanned] = parseCsv(run.stdoutText);
    t.deepEqual(header, names);
    t.true(rows.length > 40);
    // The server's client shows BIT as bytes; the copy keeps the number.
    const gift = names.indexOf('gift');
    const expected = rows.map((row) =>
      row.map((cell, index) => (index === gift ? String(Number(cell)) : cell)),
    );
    t.deepEqual(scanned, expected);
  });
}

test.serial('replaying the same logs again does nothing new and says so', async (t) => {
  const run = await runTheflash([
    'write',
    '--engine',
    folder.engine,
    '--binlog',
    ...logs,
    '--json',
  ]);
  t.is(run.exitCode, 0);
  t.like(JSON.parse(run.stdoutText), { rowChanges: 0 });
});

/** Reads what `mysql --batch` prints: tabs between cells, escapes in them, NULL as a word. */
function parseTsv(text: string): readonly (readonly (string | undefined)[])[] {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };
  const lines = text.trimEnd().split('\n');
  return lines.map((line) =>
    line
      .split('\t')
      .map((cell) =>
        cell === 'NULL'
          ? undefined
          : cell.replace(/\\([nt0\\])/g, (_, letter: string) => escapes[letter] ?? letter),
      ),
  );
}
