// Random foreign keys for long; see test/writer/foreign-keys/random.test.ts.
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed } from '../workload/index.js';
import { compareRandomKeys, randomKinds } from '../writer/foreign-keys/compare-random.js';

for (const kind of randomKinds) {
  testSerialWith(kind)(`${kind}: random foreign keys, for long`, async (t) => {
    t.timeout(1_800_000);
    await compareRandomKeys(t, kind, { seed: chooseSeed(), rounds: 100, statements: 300 });
  });
}
