// Goal: a config file sets every flag of every command to what the command line would set it to. Method: all commands and
// all their flags, as they are defined, so that a new one is tested too; what the command parses from a file is compared
// with what it parses from words.
import path from 'node:path';
import { Flags, Parser, type Config, type Interfaces } from '@oclif/core';
import test from 'ava';
import { readSettings, sharedKeys } from '../../../src/cli/config/index.js';
import { FlashError } from '../../../src/protocol/index.js';
import { ConfigFiles, errorOf, loadCommands, loadConfig, parseFlags } from './commands.js';
import type { TestCommand } from './commands.js';

let config: Config;
let commands: readonly TestCommand[];
const files = new ConfigFiles();

test.before(async () => {
  delete process.env['THEFLASH_CONFIG'];
  delete process.env['THEFLASH_ENGINE'];
  config = await loadConfig();
  commands = await loadCommands(config);
});
test.after.always(() => {
  files.remove();
});

type Flag = Interfaces.FlagInput[string];

const parseInteger: unknown = Flags.integer().parse;

/** Texts of which each flag takes one. */
const samples = ['sub/some word', '7', '8', '3MiB'];

/** Values of the flag: as words, and as TOML. */
async function valuesOf(name: string, flag: Flag): Promise<{ words: string[]; toml: string }[]> {
  if (flag.type === 'boolean') {
    const off = flag.allowNo ? [`--no-${name}`] : [];
    return [
      { words: [`--${name}`], toml: 'true' },
      { words: off, toml: 'false' },
    ];
  }
  const texts: string[] = [];
  for (const text of [...(flag.options ?? []), ...samples]) {
    if (await isTaken(name, flag, text)) texts.push(text);
  }
  const isPath = 'isPath' in flag && flag.isPath === true;
  const word = (text: string): string =>
    `--${name}=${isPath ? path.resolve(files.folder, text) : text}`;
  if (flag.multiple === true) {
    const list = { words: texts.map(word), toml: JSON.stringify(texts) };
    return [
      list,
      { words: [], toml: '[]' },
      { words: texts.slice(0, 1).map(word), toml: JSON.stringify(texts.slice(0, 1)) },
    ];
  }
  return texts.map((text) => ({
    words: [word(text)],
    toml: flag.parse === parseInteger ? text : JSON.stringify(text),
  }));
}

async function isTaken(name: string, flag: Flag, text: string): Promise<boolean> {
  const alone = { ...flag, required: false, dependsOn: [], exclusive: [] };
  const parsing = Parser.parse([`--${name}=${text}`], { flags: { [name]: alone }, args: {} });
  return await parsing.then(
    () => true,
    () => false,
  );
}

/** Words for the flags that this one needs beside it, and that the command must have. */
function needed(command: TestCommand, name: string): string[] {
  const { flags } = command.command;
  const required = Object.keys(flags).filter((each) => flags[each]?.required === true);
  const names = new Set([...(flags[name]?.dependsOn ?? []), ...required]);
  names.delete(name);
  return [...names].map((each) => `--${each}=word`);
}

async function each(
  visit: (command: TestCommand, name: string, flag: Flag) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (const command of commands) {
    for (const [name, flag] of Object.entries(command.command.flags)) {
      await visit(command, name, flag);
      count += 1;
    }
  }
  return count;
}

test('each flag in its table', async (t) => {
  const count = await each(async (command, name, flag) => {
    const others = needed(command, name);
    const values = await valuesOf(name, flag);
    t.true(values.length > 0, `no value of ${name} is known`);
    for (const { words, toml } of values) {
      const file = files.write(`[${command.id}]\n${name} = ${toml}\n`);
      t.deepEqual(
        await parseFlags(config, command, [...others, `--config=${file}`]),
        await parseFlags(config, command, [...others, ...words]),
        `${command.id} ${name} = ${toml}`,
      );
    }
  });
  t.true(count > 120, String(count));
});

test('each shared flag above the tables, for each command that has it', async (t) => {
  const seen = new Set<string>();
  await each(async (command, name, flag) => {
    if (!sharedKeys.includes(name)) return;
    seen.add(name);
    const others = needed(command, name);
    for (const { words, toml } of await valuesOf(name, flag)) {
      const file = files.write(`${name} = ${toml}\n`);
      t.deepEqual(
        await parseFlags(config, command, [...others, `--config=${file}`]),
        await parseFlags(config, command, [...others, ...words]),
        `${command.id} ${name} = ${toml}`,
      );
    }
  });
  t.deepEqual([...seen].sort(), [...sharedKeys].sort());
});

test('a shared flag is the same one in all commands', async (t) => {
  const first = new Map<string, Flag>();
  await each((_, name, flag) => {
    if (!sharedKeys.includes(name)) return Promise.resolve();
    const { type, parse } = first.get(name) ?? flag;
    t.is(flag.type, type);
    t.is(flag.parse, parse);
    first.set(name, flag);
    return Promise.resolve();
  });
  t.is(first.size, sharedKeys.length);
});

test('a command line wins over the file, and its list takes the place of the whole list', async (t) => {
  await each(async (command, name, flag) => {
    const others = needed(command, name);
    const [one, ...rest] = (await valuesOf(name, flag)).filter(({ words }) => words.length > 0);
    const other = rest.at(-1);
    if (one === undefined || other === undefined) return;
    for (const [ofFile, given] of [
      [one, other],
      [other, one],
    ] as const) {
      const file = files.write(`[${command.id}]\n${name} = ${ofFile.toml}\n`);
      t.deepEqual(
        await parseFlags(config, command, [...others, ...given.words, `--config=${file}`]),
        await parseFlags(config, command, [...others, ...given.words]),
        `${command.id} ${name}`,
      );
    }
  });
});

test('--no-NAME leaves out what the file says', async (t) => {
  await each(async (command, name, flag) => {
    const others = needed(command, name);
    const isOwnNo = flag.type === 'boolean' && flag.allowNo;
    for (const { toml } of await valuesOf(name, flag)) {
      if (isOwnNo) continue;
      const file = files.write(`[${command.id}]\n${name} = ${toml}\n`);
      const words = [...others, `--no-${name}`, `--config=${file}`];
      const [taken, plain] = [
        await parseFlags(config, command, words).catch((error: unknown) => String(error)),
        await parseFlags(config, command, others).catch((error: unknown) => String(error)),
      ];
      const expected = typeof plain === 'string' ? plain : { ...plain, [`no-${name}`]: true };
      t.deepEqual(taken, expected, `${command.id} ${name}`);
    }
  });
});

test('a value of another type is refused, with its line', async (t) => {
  const odd = [
    'true',
    '1',
    '1.5',
    '"x"',
    '["x"]',
    '[1]',
    '[["x"]]',
    '{ x = 1 }',
    '1979-05-27',
    '[]',
  ];
  await each(async (command, name, flag) => {
    const own =
      flag.type === 'boolean'
        ? [0]
        : flag.multiple === true
          ? [4, 9]
          : flag.parse === parseInteger
            ? [1]
            : [3];
    for (const [index, toml] of odd.entries()) {
      if (own.includes(index)) continue;
      const file = files.write(`\n[${command.id}] # a comment\n\n${name} = ${toml}\n`);
      const error = await errorOf(parseFlags(config, command, [`--config=${file}`]));
      t.true(error.startsWith(`Error: ${file}:4: ${command.id}.${name} takes `), error);
    }
  });
});

test('flags that name a file or a folder are marked as paths, and no others', async (t) => {
  await each((command, name, flag) => {
    const helpValue = 'helpValue' in flag ? String(flag.helpValue) : '';
    const isNamed =
      /\b(?:FILE|DIR|LOCATION|DUMP\.SQL|SRC)\b/.test(helpValue) &&
      !helpValue.startsWith('FILE:OFFSET');
    t.is('isPath' in flag && flag.isPath === true, isNamed, `${command.id} --${name} ${helpValue}`);
    return Promise.resolve();
  });
});

test('relations of flags are of the two kinds that are looked at', async (t) => {
  await each((command, name, flag) => {
    for (const kind of ['relationships', 'exactlyOne', 'atLeastOne', 'combinable'] as const) {
      t.is(flag[kind], undefined, `${command.id} --${name}`);
    }
    return Promise.resolve();
  });
});

test('flags that exclude each other do so from wherever they come', async (t) => {
  let pairs = 0;
  await each(async (command, name, flag) => {
    for (const other of flag.exclusive ?? []) {
      pairs += 1;
      const line = async (each: string): Promise<{ words: string[]; toml: string }> => {
        const definition = command.command.flags[each];
        if (definition === undefined) throw new FlashError('INTERNAL', each);
        const [{ words, toml } = { words: [], toml: '' }] = await valuesOf(each, definition);
        return { words, toml: `${each} = ${toml}\n` };
      };
      const [one, two] = [await line(name), await line(other)];
      const others = [...needed(command, name), ...needed(command, other)];
      const run = (toml: string, words: readonly string[]): Promise<unknown> => {
        const file = files.write(`[${command.id}]\n${toml}`);
        return parseFlags(config, command, [...new Set(others), ...words, `--config=${file}`]);
      };
      for (const [toml, words, origins] of [
        [one.toml + two.toml, [], /\.toml:[23]\).*\.toml:[23]\)/],
        [one.toml, two.words, /command line.*\.toml:2|\.toml:2.*command line/],
        [two.toml, one.words, /command line.*\.toml:2|\.toml:2.*command line/],
      ] as const) {
        const error = await errorOf(run(toml, words));
        t.true(error.includes(`--${name} (`) && error.includes(`--${other} (`), error);
        t.regex(error, /exclude each other/);
        t.regex(error, origins);
      }
      t.truthy(await run(one.toml, [...two.words, `--no-${name}`]));
      t.truthy(await run(two.toml, [...one.words, `--no-${other}`]));
    }
  });
  t.true(pairs > 10);
});

test('what a flag depends on may come from elsewhere, and where it is missing the file is named', async (t) => {
  let pairs = 0;
  await each(async (command, name, flag) => {
    const [value] = await valuesOf(name, flag);
    const { dependsOn = [] } = flag;
    if (dependsOn.length === 0 || value === undefined) return;
    pairs += 1;
    const file = files.write(`[${command.id}]\n${name} = ${value.toml}\n`);
    t.regex(
      await errorOf(readSettings(config, command.id, [`--config=${file}`])),
      new RegExp(`--${name}: .*--${name} is set in ${file}:2\\.$`, 'm'),
    );
    const words = dependsOn.map((each) => `--${each}=word`);
    t.truthy(await parseFlags(config, command, [...words, `--config=${file}`]));
    const isList = (each: string): boolean => {
      const other = command.command.flags[each];
      return other?.type === 'option' && other.multiple === true;
    };
    const lines = dependsOn.map((each) => `${each} = ${isList(each) ? '["word"]' : '"word"'}\n`);
    const both = files.write(`[${command.id}]\n${name} = ${value.toml}\n${lines.join('')}`);
    t.truthy(await parseFlags(config, command, [`--config=${both}`]));
  });
  t.true(pairs > 4);
});
