import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { mysqldump97, type Server } from '../servers/index.js';

const run = promisify(execFile);
const outputMaxBytes = 1 << 30;

/**
 * Dumps a server by its own tool and gives the file, which goes when the test ends. MySQL 5.7 comes
 * without tools: MariaDB's dumps it.
 *
 * `args` are those of mysqldump; `--source-data` is spelled as the tool knows it.
 */
export async function dumpServer(
  t: { teardown(clean: () => Promise<void>): void },
  server: Server,
  args: readonly string[],
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-dump-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'dump.sql');
  const is97 = server.kind === 'mysql-9.7';
  const [command = '', ...first] = is97 ? (mysqldump97() ?? []) : ['mariadb-dump'];
  const spelled = is97 ? args : args.map((arg) => arg.replace('--source-data', '--master-data'));
  const access = ['--no-defaults', '-uroot', '-h127.0.0.1', `-P${server.port}`];
  await run(command, [...first, ...access, `--result-file=${file}`, ...spelled], {
    maxBuffer: outputMaxBytes,
  });
  return file;
}
