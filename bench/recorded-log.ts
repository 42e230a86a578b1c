import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { repositoryFolder, type Server, startMysql57 } from '../test/servers/index.js';
import { createRandom, type Random } from '../test/workload/index.js';

/** A log that a real MySQL 5.7 wrote. */
export interface RecordedLog {
  file: string;
  bytes: number;
  /** CREATE statements of its tables. */
  schema: string;
}

export interface Recording {
  /** File name in .cache/bench; another name for other contents. */
  name: string;
  seed: number;
  schema: string;
  fill: (query: Server['query'], random: Random) => Promise<void>;
}

/** Records a log, or gives the one that an earlier run recorded by the same script. */
export async function recordLog({ name, seed, schema, fill }: Recording): Promise<RecordedLog> {
  const folder = path.join(repositoryFolder, '.cache', 'bench', `${name}-${seed}`);
  const file = path.join(folder, 'binlog.000001');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const server = await startMysql57({ args: ['--innodb-buffer-pool-size=1G'] });
    try {
      await server.query(schema);
      await fill((sql) => server.query(sql), createRandom(seed));
      await server.flushLogs();
      const [log = ''] = server.binlogFiles();
      copyFileSync(log, `${file}.new`);
      renameSync(`${file}.new`, file);
    } finally {
      await server.stop();
    }
  }
  return { file, bytes: statSync(file).size, schema };
}
