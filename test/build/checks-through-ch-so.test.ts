// Goal: the checks of ch-patches hold in ch.so itself, where locks, versions and staging take part.
// build-ch runs them on libchdb and the SQL layer alone. Method: each check by the embedded engine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
  explainDifference,
  projectRoot,
  readPatchSeries,
  type Check,
  type Patch,
} from '../../src/build/index.js';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { askEngine } from './ask-engine.js';

const series = await readPatchSeries(path.join(projectRoot, 'ch-patches'));

for (const patch of series.patches) {
  for (const check of patch.checks) {
    test.serial(`${check.file} holds in ch.so`, async (t) => {
      t.timeout(900_000);
      const folder = await mkdtemp(path.join(tmpdir(), 'theflash-check-'));
      try {
        t.deepEqual(await differences(patch, check, path.join(folder, 'data')), []);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
}

async function differences(patch: Patch, check: Check, folder: string): Promise<string[]> {
  // The checks are of what holds without the kernel's help; and a process has one sandbox.
  const options = { sandbox: 'off' } as const;
  let engine = await openEmbeddedEngine(folder, options);
  const found: string[] = [];
  try {
    for (const { statement, line, expected } of check.steps) {
      if (statement === '@reopen') {
        await engine.close();
        engine = await openEmbeddedEngine(folder, options);
        continue;
      }
      // What is checked past the SQL layer names hidden columns, which are reserved here.
      const sql = patch.sqlLayer ? statement : statement.replaceAll('_INTERNAL_', 'internal_');
      // Here users may not set it.
      if (sql.includes('SETTINGS final = 0')) continue;
      const answer = await askEngine(engine, sql, expected.kind === 'rows');
      // SETTING_CONSTRAINT_VIOLATION: the SQL layer refuses such a setting before the engine does.
      const isConst = expected.kind === 'error' && expected.code === '452';
      if (isConst && answer.text.includes('is not one that statements may set')) continue;
      const difference = explainDifference(expected, answer);
      if (difference !== undefined) found.push(`line ${line}: ${statement}: ${difference}`);
    }
  } finally {
    await engine.close();
  }
  return found;
}
