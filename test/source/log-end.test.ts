// Goal: how far a copy is from the end of a folder of logs. Method: logs of a real server, and their sizes on the disk.
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { openLogEnd } from '../../src/source/log-end.js';
import { temporaryFolder } from '../e2e/cli.js';
import { repositoryFolder } from '../servers/index.js';

const shop = path.join(repositoryFolder, 'examples/shop');
const [first, second] = ['binlog.000001', 'binlog.000002'];
const sizeOf = (folder: string, file: string): number => statSync(path.join(folder, file)).size;

test('the bytes after a place are those of its log and of all after it', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of [first, second]) {
    copyFileSync(path.join(shop, name), path.join(folder, name));
  }
  const reader = await openLogEnd(folder, {}, new AbortController().signal);
  const [one, two] = [sizeOf(folder, first), sizeOf(folder, second)];
  const position = { file: second, offset: two };
  const look = (file: string, offset: number): ReturnType<typeof reader.read> =>
    reader.read({ file, offset });
  t.deepEqual(await look(first, 200), { position, bytes: one - 200 + two, logBytes: one });
  t.deepEqual(await look(second, two), { position, bytes: 0, logBytes: two });
  t.is(await look('binlog.000009', 4), undefined);

  truncateSync(path.join(folder, second), 300);
  const cut = await look(second, two);
  t.deepEqual(cut, { position: { file: second, offset: 300 }, bytes: 0, logBytes: 300 });
  reader.close();
});
