// Compares the C ABI of ch.so where it is written down: native/include/theflash.h, the exports map,
// the koffi declarations of src/engine/embedded/bindings.ts and, where it is built, ch.so itself.
// Prints each difference and exits with 1 if there is one.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const chSo = process.env.THEFLASH_CH_SO ?? path.join(root, 'build', 'ch', 'ch.so');

/** Reads a file below the repository. */
function read(file) {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Brings a C prototype into one form: single spaces, none around `*`, `(`, `)` and `,`. */
function normalize(prototype) {
  return prototype
    .replace(/\s+/g, ' ')
    .replace(/ ?([*(),]) ?/g, '$1')
    .trim();
}

/** Functions of the header: name → prototype. */
function headerFunctions() {
  const text = read('native/include/theflash.h').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new Map();
  for (const [, prototype] of text.matchAll(/^TF_EXPORT\s+([^;]+);/gm)) {
    const name = /(tf_\w+)\s*\(/.exec(prototype)?.[1];
    found.set(name, normalize(prototype));
  }
  return found;
}

/** Functions that bindings.ts declares: name → prototype, without koffi's direction marks. */
function boundFunctions() {
  const text = read('src/engine/embedded/bindings.ts');
  const found = new Map();
  for (const [, prototype] of text.matchAll(/'([^'\n]*\btf_\w+\([^'\n]*\))'/g)) {
    const name = /(tf_\w+)\(/.exec(prototype)?.[1];
    found.set(name, normalize(prototype.replace(/_(Out|Inout)_ /g, '')));
  }
  return found;
}

/** koffi would turn this text into a string and lose its address, so it is bound as a pointer. */
function asBound(prototype) {
  return prototype.replace(/char\*\*(checkpoint|json)/, 'void**$1');
}

function exportedByMap() {
  const global = /global:([\s\S]*?)local:/.exec(read('native/src/exports.map'))?.[1] ?? '';
  return new Set(global.match(/tf_\w+/g) ?? []);
}

function exportedByLibrary() {
  const symbols = execFileSync('nm', ['-D', '--defined-only', chSo], { encoding: 'utf8' });
  const names = symbols.split('\n').map((line) => line.trim().split(/\s+/));
  return new Set(names.filter(([, kind]) => kind === 'T').map(([, , name]) => name));
}

/** Lines that say which names one side has and the other lacks. */
function compareNames(wanted, found, place) {
  const missing = [...wanted].filter((name) => !found.has(name));
  const surplus = [...found].filter((name) => !wanted.has(name));
  return [
    ...missing.map((name) => `${place}: ${name} is missing`),
    ...surplus.map((name) => `${place}: ${name} is not in theflash.h`),
  ];
}

const header = headerFunctions();
const bound = boundFunctions();
const names = new Set(header.keys());
const differences = [
  ...compareNames(names, exportedByMap(), 'exports.map'),
  ...compareNames(names, new Set(bound.keys()), 'bindings.ts'),
];
for (const [name, prototype] of header) {
  const declared = bound.get(name);
  if (declared !== undefined && declared !== asBound(prototype)) {
    differences.push(`${name}:`, `  theflash.h:  ${prototype}`, `  bindings.ts: ${declared}`);
  }
}
const versions = [
  /#define TF_ABI_VERSION (\d+)/.exec(read('native/include/theflash.h'))?.[1],
  /abiVersion = (\d+)/.exec(read('src/engine/embedded/bindings.ts'))?.[1],
];
if (versions[0] !== versions[1]) differences.push(`ABI version: ${versions.join(' and ')}`);
if (existsSync(chSo)) differences.push(...compareNames(names, exportedByLibrary(), 'ch.so'));
else process.stdout.write('ch.so is not built: its symbols are not compared\n');

if (names.size === 0) differences.push('theflash.h: no function was found');
if (differences.length > 0) {
  process.stderr.write(`The C ABI differs:\n${differences.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`The C ABI agrees: ${String(names.size)} functions\n`);
}
