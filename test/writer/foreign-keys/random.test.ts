// Random tables with foreign keys, changed at random: the copy ends in the server's rows.
import { chooseSeed } from '../../workload/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { kindsOf } from '../../short-run.js';
import { compareRandomKeys, randomKinds } from './compare-random.js';

for (const kind of kindsOf(...randomKinds)) {
  testSerialWith(kind)(`${kind}: random foreign keys end in the source's rows`, async (t) => {
    t.timeout(900_000);
    await compareRandomKeys(t, kind, { seed: chooseSeed(), rounds: 1, statements: 250 });
  });
}

for (const kind of kindsOf('mariadb', 'mysql-5.7')) {
  testSerialWith(kind)(`${kind}: so they do where the log holds rows in part`, async (t) => {
    t.timeout(900_000);
    const args = ['--binlog-row-image=MINIMAL'];
    await compareRandomKeys(t, kind, { seed: chooseSeed(), rounds: 1, statements: 250, args });
  });
}
