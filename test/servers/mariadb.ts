import { firstExisting, type ServerProgram, userArgs } from './program.js';

const serverPaths = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/libexec/mariadbd'];
const installPaths = ['/usr/bin/mariadb-install-db', '/usr/local/bin/mariadb-install-db'];

/** MariaDB as the system's package brings it, or undefined where it is not installed. */
export function mariadbProgram(): ServerProgram | undefined {
  const mariadbd = firstExisting(serverPaths);
  const install = firstExisting(installPaths);
  if (mariadbd === undefined || install === undefined) return undefined;
  const args = ['--no-defaults', ...userArgs(), '--innodb-log-file-size=32M'];
  return {
    kind: 'mariadb',
    command: [mariadbd],
    env: {},
    args,
    initialise: ({ data }) => ({
      command: [
        install,
        ...args,
        `--datadir=${data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
    }),
  };
}
