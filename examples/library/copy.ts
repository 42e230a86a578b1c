// Replays binary logs into an engine folder, and prints the customers of the copy:
//
//     npx tsx copy.ts ./copy binlog.000001 binlog.000002
//
// `npm install theflash apache-arrow` brings what it needs.
import { tableFromIPC, type Int64, type Utf8 } from 'apache-arrow';
import { FlashError, openEngine, openSource, replay, scan } from 'theflash';

const [folder = './copy', ...logs] = process.argv.slice(2);

const engine = await openEngine(folder);
try {
  const { position } = await replay(await openSource(logs), engine);
  console.error(`The copy holds all up to ${position?.file}:${position?.offset}.`);
  const pieces = scan(engine, { table: 'shop.customers', columns: ['id', 'name'], orderBy: 'id' });
  const customers = await tableFromIPC<{ id: Int64; name: Utf8 }>(pieces);
  for (const { id, name } of customers) console.log(`${id} ${name}`);
} catch (error) {
  if (!(error instanceof FlashError)) throw error;
  console.error(`${error.code}: ${error.message} ${error.hint ?? ''}`);
  process.exitCode = 1;
} finally {
  await engine.close();
}
