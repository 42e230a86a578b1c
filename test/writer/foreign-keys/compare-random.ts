import type { ExecutionContext } from 'ava';
import { startServerOfKind, type ServerKind } from '../../servers/index.js';
import { createRandom } from '../../workload/index.js';
import { openScratchEngine, record, replayFiles } from '../recorded-log.js';
import { sameTables } from './recorded-keys.js';
import { runRandomKeys } from './random-keys.js';

export const randomKinds: readonly ServerKind[] = ['mysql-5.7', 'mariadb', 'mysql-9.7'];

interface RandomRun {
  seed: number;
  rounds: number;
  statements: number;
  /** More options of the server. */
  args?: readonly string[];
}

/** Runs random workloads on a server, and compares copies of each, made in batches of several sizes. */
export async function compareRandomKeys(
  t: ExecutionContext,
  kind: ServerKind,
  { seed, rounds, statements, args = [] }: RandomRun,
): Promise<void> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  for (let round = 0; round < rounds; round += 1) {
    const random = createRandom(seed + round);
    t.log(`SEED=${seed + round}`);
    let tables: string[] = [];
    const files = await record(server, async () => {
      tables = await runRandomKeys(server, random, statements, { hasKeys: args.length > 0 });
    });
    // All in one batch, and a batch for each transaction.
    for (const limits of [{}, { ageMaxMs: 0 }]) {
      const engine = await openScratchEngine(t);
      await replayFiles(engine, files, { limits });
      await sameTables(t, server, engine, tables);
      await engine.close();
    }
  }
}
