import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from './server.js';

/** Ends a server as a crash does, and waits until it is gone. Its files stay, until its `stop`. */
export async function crash(server: Server): Promise<void> {
  const pid = Number(readFileSync(path.join(server.folder, 'pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  for (let tries = 0; tries < 9000 && isAlive(pid); tries += 1) await delay(20);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
