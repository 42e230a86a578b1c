// Three tables of a real server and a writer that changes all of them, for tests of the built command.
import type { Server } from '../servers/index.js';
import { createRandom } from '../workload/index.js';

export const tables = 3;
const rows = 40_000;

/** Makes three tables of a database `d`; the last one has no key. */
export async function fill(server: Server): Promise<void> {
  await server.query('CREATE DATABASE d');
  for (let table = 0; table < tables; table += 1) {
    // The last one has no key.
    const key = table === tables - 1 ? '' : ', PRIMARY KEY (id)';
    await server.query(
      `USE d; CREATE TABLE t${table} (id INT NOT NULL, v VARCHAR(60), f FLOAT${key})`,
    );
    for (let first = 0; first < rows; first += 10_000) {
      const values = Array.from(
        { length: 10_000 },
        (_, i) => `(${first + i}, 'row ${i * 7919}', ${i / 7})`,
      );
      await server.query(`INSERT INTO d.t${table} VALUES ${values.join(', ')}`);
    }
  }
}

/** Changes rows of all tables in transactions until it is stopped. */
export function startWriter(server: Server, seed: number): { stop: () => Promise<void> } {
  const random = createRandom(seed);
  const state = { isStopped: false };
  const run = async (): Promise<void> => {
    for (let id = rows; !state.isStopped; id += 1) {
      const one = random.int(0, rows);
      await server.query(`START TRANSACTION; UPDATE d.t0 SET v = ${id}, f = ${id} / 3 WHERE id = ${one};
        DELETE FROM d.t1 WHERE id = ${one}; INSERT INTO d.t2 VALUES (${one}, 'x', NULL); COMMIT`);
    }
  };
  const work = run();
  return {
    stop: async () => {
      state.isStopped = true;
      await work;
    },
  };
}
