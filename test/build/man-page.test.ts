// Goal: `man theflash` says what the help says, and what it shows can be pasted. Method: groff sets the page that the
// build made, with its warnings on, and the commands and flags of oclif's list are looked for in what comes out.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot } from '../../src/build/index.js';

const run = promisify(execFile);
const page = path.join(projectRoot, 'dist', 'theflash.1');

interface Manifest {
  commands: Record<
    string,
    { id: string; flags: Record<string, { name: string; hidden?: boolean }>; examples?: string[] }
  >;
}

test('the page has every command, flag and example, as they are typed', async (t) => {
  const manifest = await readFile(path.join(projectRoot, 'oclif.manifest.json'), 'utf8');
  const { commands } = JSON.parse(manifest) as Manifest;
  let set: { stdout: string; stderr: string };
  try {
    // One line a paragraph.
    set = await run('groff', ['-man', '-Tutf8', '-ww', '-rLL=2000n', '-P-cbou', page]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    t.log('skipped: there is no groff (apt: groff-base)');
    t.pass();
    return;
  }
  t.is(set.stderr, '');
  const sections = new Map(
    set.stdout.split(/^ {3}(?=theflash )/m).map((text) => [/^theflash (\S+)/.exec(text)?.[1], text]),
  );
  for (const { id, flags, examples = [] } of Object.values(commands)) {
    const section = sections.get(id) ?? '';
    for (const { name, hidden = false } of Object.values(flags)) {
      const isShown = new RegExp(`^ +(-., )?--(\\[no-\\])?${name}( |$)`, 'm').test(section);
      t.is(isShown, !hidden, `${id} --${name}`);
    }
    for (const example of examples) {
      const typed = example
        .replaceAll('<%= config.bin %>', 'theflash')
        .replaceAll('<%= command.id %>', id);
      for (const line of typed.split('\n')) t.true(section.includes(line), line);
    }
  }
});

test('the package names the page, so that a global install puts it where man looks', async (t) => {
  const text = await readFile(path.join(projectRoot, 'package.json'), 'utf8');
  const { man } = JSON.parse(text) as { man: string };
  t.is(path.join(projectRoot, man), page);
});
