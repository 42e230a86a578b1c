import type { Position } from '../../src/protocol/index.js';
import { GtidSet } from '../../src/writer/gtid-set.js';
import type { Server } from '../servers/index.js';

/** Where the server's log is now, and what it has executed, as the server says it. */
export async function positionOf(server: Server): Promise<{ position: Position; gtidSet: string }> {
  const isNew = server.kind === 'mysql-9.7';
  const [row] = await server.query(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  const isMariadb = server.kind === 'mariadb';
  const [global] = await server.query(
    `SELECT ${isMariadb ? '@@global.gtid_binlog_pos' : '@@global.gtid_executed'} AS g`,
  );
  return {
    position: { file: String(row?.['File']), offset: Number(row?.['Position']) },
    gtidSet: GtidSet.parse(String(global?.['g'])).toString(),
  };
}

/** Begins the server's series of logs anew; its rows stay. */
export async function resetLogs(server: Server): Promise<void> {
  const isNew = server.kind === 'mysql-9.7';
  await server.query(isNew ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
}
