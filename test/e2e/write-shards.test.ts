import test from 'ava';
import { openRemoteEngine } from '../../src/engine/remote/index.js';
import { openShards } from '../../src/engine/shards/index.js';
import { countRows } from '../../src/protocol/index.js';
import { startServe } from '../server/serve-process.js';
import { startMysql57 } from '../servers/index.js';
import { chooseSeed, runWorkload } from '../workload/index.js';
import { binlogArgs, runCli, runCliWell, temporaryFolder, writeLogs } from './cli.js';
import { sourceTables } from './compare/index.js';
import { fillShop, shopPairs } from './recorded-shop.js';
import { tableDifferences } from './replay-case.js';

test('write spreads a random workload over two servers, and every table equals its source', async (t) => {
  t.timeout(600_000);
  const folder = temporaryFolder(t);
  const servers = [await startServe(`${folder}/a`), await startServe(`${folder}/b`)];
  t.teardown(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  const location = servers.map((server) => server.location).join(',');
  const source = await startMysql57();
  t.teardown(source.stop);
  const seed = chooseSeed();
  await fillShop(source);
  await runWorkload(source, { seed, database: 'w', rowChanges: 8_000 });
  await source.flushLogs();
  await writeLogs(location, source.binlogFiles());

  const shards = await openShards(
    await Promise.all(servers.map((server) => openRemoteEngine(server.location))),
  );
  t.teardown(() => shards.close());
  for (const database of ['w', 'shop']) {
    for (const table of await sourceTables(source, database)) {
      const found = await tableDifferences(source, shards, { database, table });
      t.deepEqual(found, [], `${database}.${table} SEED=${seed}`);
    }
  }
  const counts = await Promise.all(
    (shards.shards ?? []).map((shard) => countRows(shard, { database: 'shop', table: 'orders' })),
  );
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    shopPairs,
  );
  t.true(Math.min(...counts) > shopPairs / 4, `spread: ${counts.join(' ')}`);

  const again = await runCli(['write', '--engine', location, ...binlogArgs(source.binlogFiles())]);
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr + again.stdout.toString(), /nothing new/i);
  const listed = String(await runCliWell(['tables', '--engine', location, '--json']));
  t.regex(listed, new RegExp(`"rows": ?${shopPairs}`));
  const scanned = await runCliWell(['scan', 'shop.lines', '--engine', location, '-f', 'csv']);
  t.is(String(scanned).trim().split('\n').length, shopPairs + 1);
  const refused = await runCli(['sql', 'SELECT count() FROM shop.lines', '--engine', location]);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /Over shards there is no Aggregating/);
});
