import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FlashError } from '../../src/protocol/index.js';
import {
  repositoryFolder,
  type Server,
  type ServerKind,
  startServerOfKind,
} from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { openScratchEngine, record, replayFiles } from '../writer/recorded-log.js';
import { sourceTables } from './compare/index.js';
import { tableDifferences } from './replay-case.js';

const folder = path.join(repositoryFolder, 'test/e2e/schemas');
const kinds: readonly ServerKind[] = kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb');

/** Of all changes of schemas, so many in a hundred may stop the run; none may be wrong. */
const stopsMaxPercent = 3;

interface Schema {
  database: string;
  statements: string[];
}

const schemas: readonly Schema[] = readdirSync(folder).map((file) => ({
  database: file.replace('.sql', ''),
  statements: readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--')),
}));

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: the schemas of well-known applications are carried over`,
    async (t) => {
      t.timeout(900_000);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      const refused: string[] = [];
      const files = await record(server, async () => {
        for (const schema of schemas) await runSchema(server, schema, refused);
      });
      const engine = await openScratchEngine(t);
      const exclude: string[] = [];
      const stops: string[] = [];
      for (;;) {
        const stop = await stopOf(replayFiles(engine, files, { exclude }));
        if (stop === undefined) break;
        const table = stop instanceof FlashError ? stop.place.table : undefined;
        if (table === undefined || exclude.includes(table)) throw stop;
        exclude.push(table);
        stops.push(stop instanceof Error ? stop.message : table);
      }
      const changes = schemas.flatMap(({ statements }) => statements);
      const altered = changes.filter((sql) => /^(?:alter|create|rename)/i.test(sql)).length;
      t.deepEqual(refused, []);
      t.log(`${altered} definitions, ${stops.length} stops`, ...stops);
      for (const { database } of schemas) {
        for (const table of await sourceTables(server, database)) {
          if (exclude.includes(`${database}.${table}`)) continue;
          t.deepEqual(await tableDifferences(server, engine, { database, table }), []);
        }
      }
      t.true((stops.length * 100) / altered < stopsMaxPercent, stops.join('\n'));
    },
  );
}

/** The error that a run stops with; undefined where it comes to its end. */
async function stopOf(run: Promise<unknown>): Promise<FlashError | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    if (error instanceof FlashError) return error;
    throw error;
  }
}

/** Runs the statements; `refused` gets those that the server does not take. */
async function runSchema(
  server: Server,
  { database, statements }: Schema,
  refused: string[],
): Promise<void> {
  const connection = await server.connection.getConnection();
  try {
    await connection.query(`CREATE DATABASE ${database}; USE ${database}`);
    for (const sql of statements) {
      await connection.query(sql).catch((error: unknown) => {
        refused.push(`${sql}: ${error instanceof Error ? error.message : ''}`);
      });
    }
  } finally {
    connection.destroy();
  }
}
