import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What lies in files, and in the environment, that SQL must not reach. */
export const secret = 'canary-5f1c77';

/** A place outside of the engine folder, with a secret in it and a listener that counts visits. */
export interface Place {
  folder: string;
  /** A file that holds the secret. */
  file: string;
  /** A folder with a file in it. */
  data: string;
  port: number;
  /** What has changed in the place, and who came: empty where nobody did. */
  traces(): string[];
  remove(): void;
}

/** Makes a new place for each way; the listener is the caller's, and shared. */
export function makePlace(listener: Listener): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'theflash-outside-'));
  const file = path.join(folder, 'secret.txt');
  const data = path.join(folder, 'data');
  writeFileSync(file, `${secret}\n`);
  mkdirSync(data);
  writeFileSync(path.join(data, 'a.txt'), `${secret}\n`);
  const before = describe(folder);
  const visitsBefore = listener.visits();
  return {
    folder,
    file,
    data,
    port: listener.port,
    traces(): string[] {
      const after = describe(folder);
      const changed = [...new Set([...before, ...after])].filter(
        (line) => before.includes(line) !== after.includes(line),
      );
      const visits = listener.visits() - visitsBefore;
      return visits === 0 ? changed : [...changed, `${String(visits)} connections`];
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A line for each file and folder: its name, when it was changed, and what is in it. */
function describe(folder: string): string[] {
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return ['.', ...below].map((name) => {
    const full = path.join(folder, name);
    const stat = statSync(full);
    return `${name} ${String(stat.mtimeMs)} ${stat.isFile() ? readFileSync(full, 'latin1') : ''}`;
  });
}

export interface Listener {
  port: number;
  visits(): number;
  close(): void;
}

/** Listens on a free port of 127.0.0.1 and hangs up on whoever comes. */
export async function listen(): Promise<Listener> {
  let visits = 0;
  const server: Server = createServer((socket) => {
    visits += 1;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return {
    port: address.port,
    visits: () => visits,
    close: () => {
      server.close();
    },
  };
}
