import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { execa } from 'execa';
import { typescript } from '../typescript.js';

const child = fileURLToPath(new URL('stdin-child.ts', import.meta.url));

// libchdb is clickhouse-local inside: it takes what waits on the standard input of the process for
// rows of any INSERT that carries data. That input is the binary log of `theflash write --binlog -`.
test('writing leaves the standard input of the process alone', async (t) => {
  const root = await mkdtemp(path.join(tmpdir(), 'theflash-stdin-'));
  try {
    const input = "(99, 'from stdin')\n98,stdin\n";
    const { stdout } = await execa(process.execPath, [typescript, child, root], { input });
    const rows = ['1 values', '1 values', '2 a;b', '2 json', '3 batch', '3 select'];
    t.is(`${stdout}\n`, [...rows, '4 csv', '5 csv', input].join('\n'));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
