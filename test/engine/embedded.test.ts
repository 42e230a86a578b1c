import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import type { Engine } from '../../src/protocol/index.js';
import { defineBatchSuite } from './batch-suite.js';
import { defineEngineSuite } from './engine-suite.js';
import { defineSnapshotSuite } from './snapshot-suite.js';
import { defineStatementSuite } from './statement-suite.js';
import { defineTypesSuite } from './types-suite.js';

let folder = '';
let engine: Engine | undefined;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-engine-'));
  engine = await openEmbeddedEngine(folder);
});

test.after.always(async () => {
  await engine?.close();
  await rm(folder, { recursive: true, force: true });
});

const under = {
  engine: (): Engine => {
    if (engine === undefined) throw new Error('the engine did not open');
    return engine;
  },
};

defineEngineSuite(test, under);
defineBatchSuite(test, under);
defineSnapshotSuite(test, under);
defineStatementSuite(test, under);
defineTypesSuite(test, under);
