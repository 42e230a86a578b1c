import { waitUntil } from '../until.js';
import type { Server } from './server.js';

/** Runs statements in a session of their own, and waits until that is gone: others then know its XA transactions. */
export async function runInSession(server: Server, sql: string): Promise<void> {
  const connection = await server.connection.getConnection();
  try {
    await connection.query(sql);
  } finally {
    connection.destroy();
  }
  await sessionEnds(server, connection.threadId);
}

/** Waits until a session whose client has gone is gone, too. */
export async function sessionEnds(server: Server, thread: number): Promise<void> {
  const sql = `SELECT id FROM information_schema.processlist WHERE id = ${thread}`;
  const isGone = async (): Promise<boolean> => (await server.query(sql)).length === 0;
  await waitUntil(`session ${thread} ends`, isGone);
}
