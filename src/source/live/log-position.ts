import type { Position } from '../../protocol/index.js';
import type { LoadSession } from './load-session.js';
import { isAtLeast } from './server-version.js';

/** Where a server's log ends now, and what was executed by then; empty where it has no GTIDs. */
export async function readLogPosition(
  session: LoadSession,
  isMariadb: boolean,
  version: string,
): Promise<{ position: Position; gtidSet: string }> {
  const isNew = !isMariadb && isAtLeast(version, 8, 2);
  const [status] = await session.query(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  // File, Position, Binlog_Do_DB, Binlog_Ignore_DB, and MySQL's Executed_Gtid_Set.
  const [file = '', offset, , , executed = ''] = status ?? [];
  const gtidSet = isMariadb
    ? (await session.query('SELECT @@global.gtid_binlog_pos'))[0]?.[0]
    : executed;
  return { position: { file, offset: Number(offset) }, gtidSet: gtidSet ?? '' };
}
