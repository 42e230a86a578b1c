// Goal: rules of the repository that no other tool knows. Method: look at every file that git has.
import test from 'ava';
import { fileRules } from '../scripts/tidy/file-rules.js';
import { mayInclude, nativeRules } from '../scripts/tidy/native-rules.js';
import { readTree, type RepoFile } from '../scripts/tidy/tree.js';
import { treeRules } from '../scripts/tidy/tree-rules.js';

const files = readTree();

for (const [rule, findFault] of Object.entries(fileRules)) {
  test(rule, (t) => {
    const faults = files.flatMap((file) => {
      const fault = findFault(file);
      return fault === undefined ? [] : [`${file.path}: ${fault}`];
    });
    t.deepEqual(faults, []);
  });
}

for (const [rule, findFaults] of Object.entries({ ...treeRules, ...nativeRules })) {
  test(rule, (t) => {
    t.deepEqual(findFaults(files), []);
  });
}

function make(path: string, text: string, more: Partial<RepoFile> = {}): RepoFile {
  return { path, text, sizeBytes: text.length, executable: false, ...more };
}

test('the rules find what they are for', (t) => {
  const bad: Record<keyof typeof fileRules, RepoFile> = {
    'code files have at most 500 lines': make('src/a.ts', '\n'.repeat(501)),
    'large files are fixtures': make('docs/a.png', '', { sizeBytes: 2 << 20 }),
    'what is left to do has an issue number': make('src/a.ts', ['// TO', 'DO later'].join('')),
    'no test runs alone': make('test/a.test.ts', ['test.on', "ly('x')"].join('')),
    'what npm test runs in part is asked for in a test file': make(
      'test/a/b.ts',
      ["from '../short", "-run.js';"].join(''),
    ),
    'what starts with #! can be executed, and nothing else': make('scripts/a', '#!/bin/sh'),
    'no path of one machine': make('src/a.ts', ['/ho', 'me/someone/x'].join('')),
    'no registry is named': make('a', ['https://registry.np', 'mjs.org/x'].join('')),
    'names name the thing': make('src/string-utils.ts', ''),
    'file names have the case of their language': make('src/camelCase.ts', ''),
  };
  for (const [rule, findFault] of Object.entries(fileRules)) {
    const example = bad[rule];
    t.truthy(example && findFault(example), rule);
  }
  const guide = ['docs', 'a.md'].join('/');
  const tree = [
    make('src/area/lonely.ts', 'export function f() {}'),
    make('ch-patches/series', 'listed # why\n'),
    make('ch-patches/other/patch.json', ''),
    make(guide, 'See [b](b.md) and `src/area/gone.ts`, not `test/…/*.ts`.'),
  ];
  t.deepEqual(
    Object.values(treeRules).map((findFaults) => findFaults(tree)),
    [
      ['src/area/lonely.ts: no test in test/area/ imports it'],
      ['listed has no folder', 'other is not in series'],
      [`${guide} names ${guide.replace('a.md', 'b.md')}`, `${guide} names src/area/gone.ts`],
    ],
  );
});

test('an include that points up is found, and one that hides where it points', (t) => {
  const tree = [
    make('native/src/api.cc', '#include "engine.h"\n#include "theflash.h"\n#include <map>\n'),
    make('native/src/engine.h', '#include "store/a.h"\n#include "write/a.h"\n'),
    make('native/src/store/a.h', '#include "base/a.h"\n // #include "engine.h"\n'),
    make('native/src/store/b.cc', '#include "store/a.h"\n  #  include "engine.h"\n'),
    make('native/src/write/a.h', '#include "store/a.h"\n#include "gone.h"\n'),
    make('native/src/write/b.cc', '#include "a.h"\n#include "write/../write/a.h"\n'),
    make('native/src/base/a.h', '#include "api.cc"\n'),
    make('native/src/odd/a.cc', ''),
    make('native/test/a.cc', '#include "nowhere.h"\n'),
  ];
  t.deepEqual(
    Object.values(nativeRules).map((findFaults) => findFaults(tree)),
    [
      [
        'native/src/engine.h: may not include "write/a.h"',
        'native/src/store/b.cc: may not include "engine.h"',
        'native/src/write/a.h: "gone.h" is no path from native/src/',
        'native/src/write/b.cc: "a.h" is no path from native/src/',
        'native/src/write/b.cc: "write/../write/a.h" is no path from native/src/',
        'native/src/base/a.h: may not include "api.cc"',
        'native/src/odd/a.cc: no rule knows odd',
      ],
    ],
  );
});

test('what a folder of native/src may include is below it', (t) => {
  const order = Object.keys(mayInclude);
  const up = Object.entries(mayInclude).flatMap(([layer, below]) =>
    below.filter((name) => order.indexOf(name) <= order.indexOf(layer)),
  );
  t.deepEqual(up, []);
});
