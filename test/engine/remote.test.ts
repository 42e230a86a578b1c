import test from 'ava';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import type { Engine } from '../../src/protocol/index.js';
import { openTestEngine, serveEngine, type TestServer } from '../server/test-server.js';
import { defineBatchSuite } from './batch-suite.js';
import { defineEngineSuite } from './engine-suite.js';
import { defineSnapshotSuite } from './snapshot-suite.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
let remote: RemoteEngine | undefined;

test.before(async () => {
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  remote = await server.connect();
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

const under = {
  engine: (): Engine => {
    if (remote === undefined) throw new Error('the engine did not open');
    return remote;
  },
};

defineEngineSuite(test, under);
defineBatchSuite(test, under);
defineSnapshotSuite(test, under);
