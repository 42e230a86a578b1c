import { FlashError } from '../../protocol/index.js';
import type { TableServer } from '../../source/index.js';

/**
 * A line for people where the user may not see all tables; undefined where it may.
 *
 * `copied`: how many tables it sees that are to be copied.
 * Errors: AUTH where it sees none: a server does not tell that from having none.
 */
export async function checkVisible(
  server: TableServer,
  copied: number,
): Promise<string | undefined> {
  const [row] = await server.query(
    "SELECT COUNT(*), CURRENT_USER() FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SELECT'",
  );
  const [count, account = ''] = row ?? [];
  if (Number(count) > 0) return undefined;
  if (copied > 0) {
    return `${account} has no SELECT on all databases: tables that it does not see are not copied, and a change of one stops the run.`;
  }
  const [, user = '', host = '%'] = /^(.*)@([^@]*)$/.exec(account) ?? [];
  throw new FlashError('AUTH', `${account} sees no table that is to be copied`, {
    hint: `As an administrator: GRANT SELECT ON *.* TO '${user}'@'${host}'. Where the source's logs hold its whole history, --no-load replays them without that right.`,
  });
}
