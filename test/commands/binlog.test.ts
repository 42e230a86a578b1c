import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runTheflash } from '../cli/run-theflash.js';

const log = fileURLToPath(new URL('../../examples/shop/binlog.000002', import.meta.url));

interface Shown {
  kind: string;
  details: { sql?: string; table?: string; change?: string };
  rows?: { change: string; before?: Record<string, unknown>; after?: Record<string, unknown> }[];
}

test.serial(
  '--json gives an event a line, with the rows that the statements of the log made',
  async (t) => {
    const run = await runTheflash(['binlog', log, '--json']);
    t.is(run.stderr, '');
    t.is(run.exitCode, 0);
    const events = run.stdoutText
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Shown);
    t.is(events[0]?.kind, 'format-description');
    t.is(events.at(-1)?.kind, 'rotate');
    const changes = events.flatMap((event) =>
      event.details.table === 'shop.products' ? (event.rows ?? []) : [],
    );
    const moved = changes.find(({ before }) => before?.['sku'] === 'SKU-00007');
    t.like(moved, {
      change: 'update',
      before: { sku: 'SKU-00007', price: '9.24' },
      after: { sku: 'SKU-90007', price: '99.90' },
    });
    t.like(changes.at(-1), { change: 'insert', after: { sku: 'SKU-00007', price: '4.20' } });
  },
);

test.serial('text has a line an event, and one an image of a row', async (t) => {
  const run = await runTheflash(['binlog', log]);
  const lines = run.stdoutText.trimEnd().split('\n');
  t.true(lines.some((line) => line.includes(' query ') && line.includes('sql=SAVEPOINT')));
  t.true(lines.some((line) => line.startsWith('  insert sku="SKU-00007" name="Untertasse 7"')));
  t.true(lines.every((line) => /^(binlog\.000002:\d+ 20|\s+(insert|delete|\+|-) )/.test(line)));
  const without = await runTheflash(['binlog', log, '--no-rows']);
  t.notRegex(without.stdoutText, /^\s/m);
});

test.serial('a file that is no log is one paragraph and exit code 1', async (t) => {
  const run = await runTheflash(['binlog', fileURLToPath(import.meta.url)]);
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^Error: [^\n]+\n$/);
});
