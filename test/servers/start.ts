import { existsSync } from 'node:fs';
import { mariadbProgram } from './mariadb.js';
import { mysql56Program } from './mysql-56.js';
import { mysql57Program } from './mysql-57.js';
import { mysql97Program } from './mysql-97.js';
import type { ServerKind, ServerProgram } from './program.js';
import { type Server, type ServerOptions, startServer } from './server.js';

/** Starts MySQL 5.7.29. Tables have no metadata but types in its logs. */
export function startMysql57(options?: ServerOptions): Promise<Server> {
  return startServerOfKind('mysql-5.7', options);
}

/** Starts MySQL 5.6.24. */
export function startMysql56(options?: ServerOptions): Promise<Server> {
  return startServerOfKind('mysql-5.6', options);
}

/** Starts the system's MariaDB. */
export function startMariadb(options?: ServerOptions): Promise<Server> {
  return startServerOfKind('mariadb', options);
}

/** Starts MySQL 9.7.4. */
export function startMysql97(options?: ServerOptions): Promise<Server> {
  return startServerOfKind('mysql-9.7', options);
}

/** Starts a server of `kind`. Errors: rejects where `skipReason(kind)` says that there is none. */
export async function startServerOfKind(
  kind: ServerKind,
  options?: ServerOptions,
): Promise<Server> {
  const program = findProgram(kind);
  if (program === undefined) throw new Error(skipReason(kind));
  return startServer(program, options);
}

/** Why tests that need a server of `kind` can't run on this machine; undefined where they can. */
export function skipReason(kind: ServerKind): string | undefined {
  const program = findProgram(kind);
  const missing = program === undefined || !existsSync(program.command.at(-1) ?? '');
  // The 9.7 tree is unpacked by its first start.
  if (program !== undefined && (kind === 'mysql-9.7' || !missing)) return undefined;
  switch (kind) {
    case 'mariadb':
      return 'MariaDB is not installed (apt-get install mariadb-server)';
    case 'mysql-9.7':
      return 'MySQL 9.7 is not beside the repository (../shared/servers/mysql-9.7)';
    case 'mysql-5.6':
    case 'mysql-5.7':
      return `the npm package of ${kind} is not installed (npm ci)`;
  }
}

function findProgram(kind: ServerKind): ServerProgram | undefined {
  switch (kind) {
    case 'mysql-5.6':
      return mysql56Program();
    case 'mysql-5.7':
      return mysql57Program();
    case 'mysql-9.7':
      return mysql97Program();
    case 'mariadb':
      return mariadbProgram();
  }
}
