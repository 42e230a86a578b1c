// Random tables with foreign keys, changed at random: the copy ends in the server's rows.
import { chooseSeed } from '../../workload/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { compareRandomKeys, randomKinds } from './compare-random.js';

for (const kind of randomKinds) {
  testSerialWith(kind)(`${kind}: random foreign keys end in the source's rows`, async (t) => {
    t.timeout(300_000);
    await compareRandomKeys(t, kind, { seed: chooseSeed(), rounds: 1, statements: 250 });
  });
}

for (const kind of ['mysql-5.7', 'mariadb'] as const) {
  testSerialWith(kind)(`${kind}: so they do where the log holds rows in part`, async (t) => {
    t.timeout(300_000);
    const args = ['--binlog-row-image=MINIMAL'];
    await compareRandomKeys(t, kind, { seed: chooseSeed(), rounds: 1, statements: 250, args });
  });
}
