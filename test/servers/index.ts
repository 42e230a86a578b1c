export { crash } from './crash.js';
export { dieWithParent } from './die-with-parent.js';
export { mysqlbinlog97, mysqlClient97, mysqldump97 } from './mysql-97.js';
export { runInSession, sessionEnds } from './one-session.js';
export { repositoryFolder, type ServerKind } from './program.js';
export type { Server, ServerOptions } from './server.js';
export {
  skipReason,
  startMariadb,
  startMysql56,
  startMysql57,
  startMysql97,
  startServerOfKind,
} from './start.js';
