import { type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runDdlRound } from './ddl-round.js';

const kinds: readonly ServerKind[] = kindsOf('mysql-5.7', 'mysql-9.7', 'mariadb');

// The long form of it is test/soak/ddl.test.ts.
for (const kind of kinds) {
  testSerialWith(kind)(`${kind}: random ALTERs of filled tables end in the source's`, async (t) => {
    t.timeout(900_000);
    const seed = chooseSeed();
    t.log(`SEED=${seed}`);
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const { altered, stops, wrong } = await runDdlRound(t, server, createRandom(seed), 8);
    t.log(`${altered} ALTER statements, ${stops.length} stops`);
    t.true(altered > 8);
    t.deepEqual(wrong, [], `SEED=${seed}`);
  });
}
