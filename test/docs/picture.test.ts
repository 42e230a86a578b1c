import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../../src/build/index.js';
import { drawPicture } from '../../scripts/drawing/picture.js';

test('docs/picture.svg is what npm run picture draws', async (t) => {
  t.is(await readFile(path.join(projectRoot, 'docs', 'picture.svg'), 'utf8'), drawPicture());
});
