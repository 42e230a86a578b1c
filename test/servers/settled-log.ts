import { waitUntil } from '../until.js';
import type { Server } from './server.js';

/**
 * Begins a new log, and waits until nothing but statements is written to it. MariaDB writes a log's Binlog_checkpoint
 * event that names the log itself in the background, up to a second later: what reads where the log ends is wrong by
 * its 40 bytes before.
 */
export async function flushLogsSettled(server: Server): Promise<void> {
  await server.flushLogs();
  if (server.kind !== 'mariadb') return;
  const name = String((await server.query('SHOW MASTER STATUS'))[0]?.['File']);
  await waitUntil(`${name} has its own checkpoint`, async () => {
    const events = await server.query(`SHOW BINLOG EVENTS IN '${name}' LIMIT 10`);
    return events.some(
      (event) => event['Event_type'] === 'Binlog_checkpoint' && event['Info'] === name,
    );
  });
}
