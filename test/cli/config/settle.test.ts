// Goal: what is in force, and what set it, is told as it is. Method: each combination of sources for one flag, what the
// command parses beside what `theflash config` tells; the errors of files as users read them; files at random.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '@oclif/core';
import test from 'ava';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { changedTable, configJson, readSettings } from '../../../src/cli/config/index.js';
import { findLines, pathKey } from '../../../src/cli/config/statements.js';
import { chooseSeed } from '../../workload/random.js';
import { ConfigFiles, errorOf, loadCommands, loadConfig, parseFlags } from './commands.js';
import type { TestCommand } from './commands.js';

let config: Config;
let scan: TestCommand;
const files = new ConfigFiles();
const seed = chooseSeed();

test.before(async (t) => {
  t.log(`SEED=${seed}`);
  delete process.env['THEFLASH_CONFIG'];
  delete process.env['THEFLASH_ENGINE'];
  config = await loadConfig();
  const found = (await loadCommands(config)).find(({ id }) => id === 'scan');
  if (found === undefined) throw new Error('There is no scan');
  scan = found;
});
test.after.always(() => {
  files.remove();
});

test.serial(
  'a flag wins over the environment, that over the table, that over what is shared',
  async (t) => {
    const sources = ['flag', 'environment', 'table', 'shared'] as const;
    for (let set = 0; set < 1 << sources.length; set += 1) {
      const [flag, environment, table, shared] = sources.map((_, bit) => (set & (1 << bit)) !== 0);
      const file = files.write(
        `${shared === true ? 'engine = "/shared"\n' : ''}[scan]\n${table === true ? 'engine = "/table"\n' : ''}`,
      );
      if (environment === true) process.env['THEFLASH_ENGINE'] = '/environment';
      else delete process.env['THEFLASH_ENGINE'];
      const words = [`--config=${file}`, ...(flag === true ? ['--engine', '/flag'] : [])];
      const line = shared === true ? 3 : 2;
      const inOrder = [
        ...(flag === true ? [{ value: '/flag', from: { kind: 'flag' } }] : []),
        ...(environment === true
          ? [{ value: '/environment', from: { kind: 'environment', variable: 'THEFLASH_ENGINE' } }]
          : []),
        ...(table === true ? [{ value: '/table', from: { kind: 'file', file, line } }] : []),
        ...(shared === true && table !== true
          ? [{ value: '/shared', from: { kind: 'file', file, line: 1 } }]
          : []),
      ];
      const [first = { value: './theflash-data', from: { kind: 'default' } }, ...over] = inOrder;
      t.is((await parseFlags(config, scan, words))['engine'], first.value);
      const { settings } = await readSettings(config, 'scan', words);
      const told = settings.find(({ name }) => name === 'engine');
      t.deepEqual(told as unknown, {
        name: 'engine',
        ...first,
        over: over.map(({ from }) => from),
      });
    }
    delete process.env['THEFLASH_ENGINE'];
  },
);

test.serial(
  'THEFLASH_CONFIG names the file where no flag does, and nothing where it is empty',
  async (t) => {
    const [one, other] = [files.write('[scan]\nlimit = 1\n'), files.write('[scan]\nlimit = 2\n')];
    process.env['THEFLASH_CONFIG'] = one;
    t.is((await parseFlags(config, scan, []))['limit'], 1);
    t.is((await parseFlags(config, scan, ['--config', other]))['limit'], 2);
    process.env['THEFLASH_CONFIG'] = `${one}.gone`;
    t.regex(
      await errorOf(parseFlags(config, scan, [])),
      /There is no config file .*THEFLASH_CONFIG names it/,
    );
    process.env['THEFLASH_CONFIG'] = '';
    t.is((await parseFlags(config, scan, []))['limit'], undefined);
    delete process.env['THEFLASH_CONFIG'];
  },
);

test('a file of the current folder is not read unless it is named', async (t) => {
  writeFileSync(path.join(files.folder, 'theflash.toml'), '[scan]\nlimit = 1\n');
  const before = process.cwd();
  process.chdir(files.folder);
  const flags = parseFlags(config, scan, []);
  process.chdir(before);
  t.is((await flags)['limit'], undefined);
});

test('relative paths are below the folder of the file, and URLs and - stay', async (t) => {
  const folder = path.join(files.folder, 'etc');
  mkdirSync(folder);
  const file = path.join(folder, 'a.toml');
  writeFileSync(
    file,
    `engine = "tcp://127.0.0.1:9330"
    allow-path = ["backup:ro", "/var/x"]
    [write]
    binlog = ["logs/", "../b.000001", "-", "mysql://repl@db/", "mysql://r@db/?ssl-ca=a%20b.pem&ssl-mode=VERIFY_CA&ssl-key=/k.pem"]
    skip = ["binlog.000001:4"]
    [serve]
    token-file = "token"`,
  );
  const told = async (id: string): Promise<Record<string, unknown>> => {
    const { settings } = await readSettings(config, id, ['--config', file]);
    return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  };
  const write = await told('write');
  t.is(write['engine'], 'tcp://127.0.0.1:9330');
  t.deepEqual(write['allow-path'], [`${folder}/backup:ro`, '/var/x']);
  t.deepEqual(write['binlog'], [
    `${folder}/logs`,
    `${files.folder}/b.000001`,
    '-',
    'mysql://repl@db/',
    `mysql://r@db/?ssl-ca=${folder}/a%20b.pem&ssl-mode=VERIFY_CA&ssl-key=/k.pem`,
  ]);
  t.deepEqual(write['skip'], ['binlog.000001:4']);
  t.is((await told('serve'))['token-file'], `${folder}/token`);
});

test('passwords in URLs are shown nowhere, and a file that has one is its owner’s alone', async (t) => {
  const toml = '[serve]\nbinlog = "mysql://repl:p@ss/w:rd@db.example.com:3307/"\n';
  const open = files.write(toml, 0o640);
  t.regex(await errorOf(readSettings(config, 'scan', ['--config', open])), /chmod 600/);
  for (const mode of [0o644, 0o604, 0o620]) {
    await t.throwsAsync(parseFlags(config, scan, ['--config', files.write(toml, mode)]), {
      code: 'DENIED',
    });
  }
  t.truthy(
    await parseFlags(config, scan, ['--config', files.write(toml.replace(/:p@ss.*@/, '@'), 0o644)]),
  );
  const words = ['--config', files.write(toml)];
  const serve = await readSettings(config, 'serve', words);
  t.true(changedTable([serve], Infinity).includes('"mysql://repl:***@db.example.com:3307/"'));
  t.false(
    (JSON.stringify(configJson('f', [serve])) + changedTable([serve], Infinity)).includes('ss/w'),
  );
  const given = await readSettings(config, 'write', [...words, '--binlog', 'mysql://u:sesame@h/']);
  t.false(JSON.stringify(configJson('f', [given])).includes('sesame'));
});

test('what is wrong with a file is told with its place and what to write', async (t) => {
  const wrong = [
    'engin = "x"',
    '[servee]\nlisten = "x"',
    '[serve]\nlisen = "x"',
    'listen = "127.0.0.1:1"',
    'include = ["a.*"]',
    'serve = "x"',
    '[[serve]]\nlisten = "x"',
    '[serve.listen]\nx = 1',
    '[verify]\ninclude = ["a.*"]',
    'json = true',
    '[scan]\nconfig = "x"',
    '[help]\ncommand = "x"',
    'memory-max = 4',
    'memory-max = "4 apples"',
    '\n[write]\n\nbatch-interval = 5',
    '[write]\nzero-date = "nul"',
    '[write]\nuntil = 2026-11-23T10:00:00Z',
    '[write]\nbinlog = "mysql://db/"',
    '[write]\nbinlog = ["a",\n\n 5]',
    '[serve]\nconnections-max = 0',
    '[serve]\nconnections-max = "5"',
    '[serve]\nhttp-open = "yes"',
    '[serve]\nhttp-open = true',
    '[scan]\nlimit = 1.0',
    '[write]\ndump = "a.sql"\nload-only = true',
    '[serve\n',
    '[serve]\nlisten = 127.0.0.1:9330',
    '[serve]\nlisten = "a"\nlisten = "b"',
    '__proto__ = 1',
    '[__proto__]\nlisten = "x"',
    '[serve]\nconstructor = "x"',
  ];
  const told: string[] = [];
  for (const toml of wrong) {
    const file = files.write(toml);
    const id = /^\[(write|serve)\]/m.exec(toml)?.[1] ?? 'scan';
    const error = await errorOf(readSettings(config, id, ['--config', file]));
    told.push(`${toml}\n→ ${error.replaceAll(file, 'theflash.toml')}`);
  }
  t.snapshot(told.join('\n\n'));
  for (const [bytes, error] of [
    [Buffer.from([0x61, 0xff]), /is not text in UTF-8/],
    [Buffer.alloc(300_000, '#'), /has more than 262144 bytes/],
    [Buffer.from('a = "\0"'), /:1:\d+: control characters/],
  ] as const) {
    const file = files.write('');
    writeFileSync(file, bytes);
    t.regex(await errorOf(readSettings(config, 'scan', ['--config', file])), error);
  }
  t.regex(
    await errorOf(readSettings(config, 'scan', ['--config', files.folder])),
    /Can't read the config file/,
  );
  t.regex(
    await errorOf(readSettings(config, 'scan', ['--config', '/dev/zero'])),
    /more than 262144 bytes/,
  );
});

test('--follow and --no-follow together are refused', async (t) => {
  const file = files.write('[write]\nfollow = true\n');
  const words = ['--config', file, '--follow', '--no-follow', '--binlog', 'logs'];
  t.regex(
    await errorOf(readSettings(config, 'write', words)),
    /--follow and --no-follow are both given/,
  );
});

test('the line of each key is known, however it is written', (t) => {
  const text = [
    '# comment = 1',
    'engine = """',
    'x',
    '[serve]',
    '"""',
    '',
    '"mem\\u006fry-max" = "1GiB"',
    'write.binlog = [ # one',
    '  "a", "b]",',
    '  """c',
    ']""",',
    ']',
    '[ serve ]',
    "listen = '''a",
    "'''",
    'a.b.c = 1',
    '  [scan.x."y.z"]',
    'k = { p = 1, q = { r = 2 } }',
    '[[list]]',
    'v = 1',
    '[[list]]',
    'v = 2',
    'w = 3',
  ].join('\r\n');
  const lines = findLines(text);
  const at = (...keys: string[]): number | undefined => lines.get(pathKey(keys));
  t.deepEqual(
    [
      at('engine'),
      at('memory-max'),
      at('write', 'binlog'),
      at('serve'),
      at('serve', 'listen'),
      at('serve', 'a', 'b', 'c'),
      at('scan', 'x', 'y.z', 'k', 'q', 'r'),
      at('list', 'w'),
      at('comment'),
    ],
    [2, 7, 8, 13, 14, 16, 18, 23, undefined],
  );
});

test('lines of files at random', (t) => {
  const value = fc.oneof(
    fc.string().map((text) => JSON.stringify(text)),
    fc
      .array(fc.string().map((text) => JSON.stringify(text)))
      .map((all) => `[\n${all.join(',\n')}\n]`),
    fc.integer().map(String),
    fc.constantFrom('"""\n[serve]\n"""', "'''\nengine = 1\n'''", 'true', '{ a = 1 }', '[ [\n] ]'),
  );
  const entry = fc.record({ value, gap: fc.constantFrom('', '# x = 1\n', '\n\n') });
  const document = fc.array(fc.array(entry, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(document, (tables) => {
      let text = '';
      const expected: [string, number][] = [];
      const lineNow = (): number => text.split('\n').length;
      for (const [index, entries] of tables.entries()) {
        const table = index === 0 ? [] : [`t${index}`];
        if (index > 0) text += `[t${index}]\n`;
        for (const [place, { value: each, gap }] of entries.entries()) {
          text += gap;
          expected.push([pathKey([...table, `k${place}`]), lineNow()]);
          text += `k${place} = ${each}\n`;
        }
      }
      parse(text);
      const lines = findLines(text);
      for (const [key, line] of expected) if (lines.get(key) !== line) throw new Error(text);
    }),
    { seed, numRuns: 200 },
  );
  t.pass();
});

test('files at random are taken or refused, and no secret is in what is told', async (t) => {
  const secret = 'sesame';
  const commands = [...(await loadCommands(config))];
  const keys = commands.flatMap(({ id, command }) =>
    Object.keys(command.flags).map((name) => ({ id, name })),
  );
  const value = fc.constantFrom(
    ...[
      'true',
      '1',
      '-1',
      '1.5',
      '"x"',
      '["x"]',
      '[1]',
      '1979-05-27',
      '{}',
      '""',
      '[]',
      '9223372036854775807',
    ],
    ...[
      `"mysql://u:${secret}@h/"`,
      `["mysql://u:${secret}@h/"]`,
      `{ a = "mysql://u:${secret}@h/" }`,
    ],
    ...['"-"', '"--engine"', '"a=b"', '"\\u0000"', '"4GiB"', '"null"', "'a\nb'", '"""'],
  );
  const line = fc.record({ key: fc.constantFrom(...keys), value, isShared: fc.boolean() });
  const edit = fc.option(
    fc.record({ at: fc.nat(), by: fc.constantFrom('', '"', '[', ']', '=', '\n', '.', '\0') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), edit, async (lines, change) => {
      const shared = lines.filter(({ isShared }) => isShared);
      const own = lines.filter(({ isShared }) => !isShared);
      let text = shared.map(({ key, value: each }) => `${key.name} = ${each}\n`).join('');
      text += own.map(({ key, value: each }) => `[${key.id}]\n${key.name} = ${each}\n`).join('');
      if (change !== null) {
        const at = change.at % (text.length + 1);
        text = text.slice(0, at) + change.by + text.slice(at + 1);
      }
      const file = files.write(text);
      for (const id of new Set(['scan', ...own.map(({ key }) => key.id)])) {
        const told = await readSettings(config, id, ['--config', file]).then(
          (settings) => changedTable([settings], Infinity),
          () => errorOf(readSettings(config, id, ['--config', file])),
        );
        if (change === null && told.includes(secret)) throw new Error(told);
        if (/\n {4}at /.test(told)) throw new Error(told);
      }
    }),
    { seed, numRuns: 300 },
  );
  t.pass();
});
