// Goal: runs of a second, as cron makes them, leave no parts that nobody reads, in files and in time.
// Method: real runs over growing logs; what they left is made to look old, and later runs have to clear it, or the
// first one that the engine is open for a minute in.
import { readdirSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { startServerOfKind } from '../servers/index.js';
import { testWith } from '../servers/test-with.js';
import { runCliWell, temporaryFolder, writeLogs } from './cli.js';
import { differences } from './replay-case.js';

const tables = Array.from({ length: 4 }, (_, index) => `w.t${index}`);
const agedSeconds = 600;

testWith('mariadb')('short runs clear the merged parts that earlier ones left', async (t) => {
  t.timeout(900_000);
  const server = await startServerOfKind('mariadb');
  t.teardown(server.stop);
  const keyed = '(id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)';
  const made = tables.map((table) => `CREATE TABLE ${table} ${keyed}`).join(';');
  await server.query(`CREATE DATABASE w; ${made}`);
  const engine = path.join(temporaryFolder(t), 'engine');
  const addAndWrite = async (): Promise<void> => {
    for (const table of tables) await server.query(`INSERT INTO ${table} (v) VALUES ('a'), ('b')`);
    await server.flushLogs();
    await writeLogs(engine, server.binlogFiles());
  };

  for (let run = 0; run < 8; run += 1) await addAndWrite();
  const merge = tables.map((table) => `OPTIMIZE TABLE ${table} FINAL`).join('; ');
  await runCliWell(['sql', merge, '--engine', engine]);
  const left = partFolders(engine);
  const old = new Date(Date.now() - agedSeconds * 1000);
  for (const folder of left) utimesSync(folder, old, old);

  const isOld = (folder: string): boolean =>
    statSync(folder).mtimeMs < Date.now() - (agedSeconds * 1000) / 2;
  const kept: number[] = [];
  // It is the engine's work in the background: on a busy machine a run of a second may end before it comes to that.
  for (let run = 0; run < 20 && (kept.at(-1) ?? Infinity) >= left.length / 3; run += 1) {
    await addAndWrite();
    kept.push(partFolders(engine).filter(isOld).length);
  }
  if ((kept.at(-1) ?? Infinity) >= left.length / 3) {
    const minute =
      'SELECT sum(s) FROM (SELECT sleepEachRow(1) AS s FROM numbers(60)) SETTINGS max_block_size = 1, max_threads = 1';
    await runCliWell(['sql', minute, '--engine', engine]);
    kept.push(partFolders(engine).filter(isOld).length);
  }
  t.log(`of ${left.length} folders of parts: ${kept.join(', ')}`);
  // What is in use stays: of each table and of the engine's own the part into which rows were merged.
  t.true(left.length > 8 * tables.length, `${left.length} parts`);
  t.true((kept.at(-1) ?? Infinity) < left.length / 3, kept.join());
  t.deepEqual(await differences(server, 'w', engine), []);
});

/** The folders of parts, in use or not. */
function partFolders(engine: string): string[] {
  return readdirSync(engine, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^all_\d+_\d+_\d+/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
