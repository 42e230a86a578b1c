import { type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed, createRandom } from '../workload/index.js';
import { runDdlRound } from '../writer/ddl-round.js';

const seconds = Number(process.env['SOAK_SECONDS'] ?? 900);
const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: random DDL against filled tables gives no wrong value`,
    async (t) => {
      t.timeout((seconds + 600) * 1000);
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const random = createRandom(seed);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      const end = performance.now() + (seconds * 1000) / kinds.length;
      const reasons = new Map<string, number>();
      let altered = 0;
      const wrong: string[] = [];
      do {
        const round = await runDdlRound(t, server, random, 20);
        altered += round.altered;
        wrong.push(...round.wrong);
        for (const stop of round.stops) {
          const reason = stop.replace(/^.*with its rows: /, '').replace(/: ".*$/, '');
          const known = reason.replace(/\b[cn]\d+(?:_\d+)?\b/g, 'c').replace(/\(.*?\)/g, '');
          reasons.set(known, (reasons.get(known) ?? 0) + 1);
        }
      } while (performance.now() < end && wrong.length === 0);
      const stops = [...reasons.values()].reduce((sum, count) => sum + count, 0);
      t.log(`${altered} ALTER statements, ${stops} stops`);
      const sorted = [...reasons].sort(([, one], [, other]) => other - one);
      for (const [reason, count] of sorted) t.log(`${count}: ${reason}`);
      t.deepEqual(wrong, [], `SEED=${seed}`);
    },
  );
}
