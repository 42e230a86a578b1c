// Goal: the examples of docs/sql.md give what they say. Method: they are in the format of the checks,
// and run in order by one engine.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { explainDifference, parseCheck, projectRoot } from '../../src/build/index.js';
import { askEngine } from '../build/ask-engine.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';

test('the examples of docs/sql.md hold', async (t) => {
  const page = await readFile(path.join(projectRoot, 'docs', 'sql.md'), 'utf8');
  const blocks = [...page.matchAll(/^```\n(>> [\s\S]*?)^```$/gm)].map(([, block]) => block);
  t.true(blocks.length > 4);
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-docs-'));
  const engine = await openEmbeddedEngine(path.join(folder, 'data'));
  try {
    for (const { statement, expected } of parseCheck(blocks.join('\n'), 'docs/sql.md').steps) {
      const answer = await askEngine(engine, statement, expected.kind === 'rows');
      t.is(explainDifference(expected, answer), undefined, statement);
    }
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
