import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What happens to the bytes of one direction of one connection, from byte `atByte` on. */
export interface Fault {
  kind: 'cut' | 'stall' | 'flip' | 'double' | 'drop' | 'drip' | 'none';
  direction: 'up' | 'down';
  atByte: number;
  /** How many bytes are doubled, dropped or dripped; which bit of the byte is flipped. */
  size: number;
}

/** A relay to a server that spoils its first connection and passes the later ones on. */
export interface TcpProxy {
  port: number;
  /** Bytes of the last finished or running connection, by direction. */
  counts: { up: number; down: number };
  /** Connections that were accepted. */
  accepted(): number;
  /** Spoils the next connection. */
  arm(fault: Fault): void;
  close(): Promise<void>;
}

/** Starts a relay on a free port of 127.0.0.1. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const counts = { up: 0, down: 0 };
  let armed: Fault | undefined;
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const fault = armed;
    armed = undefined;
    const target = connect({ host: '127.0.0.1', port: targetPort });
    counts.up = 0;
    counts.down = 0;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    relay(client, target, fault?.direction === 'up' ? fault : undefined, (bytes) => {
      counts.up += bytes;
    });
    relay(target, client, fault?.direction === 'down' ? fault : undefined, (bytes) => {
      counts.down += bytes;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: addressOf(server).port,
    counts,
    accepted: () => accepted,
    arm(fault): void {
      armed = fault;
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function relay(
  from: Socket,
  to: Socket,
  fault: Fault | undefined,
  count: (bytes: number) => void,
): void {
  let passed = 0;
  let isStalled = false;
  const write = (bytes: Buffer): void => {
    const isFull = bytes.length > 0 && !to.destroyed && !to.write(bytes);
    if (isFull && !from.isPaused()) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  };
  from.on('end', () => {
    if (!isStalled) to.end();
  });
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (isStalled) return;
    const start = passed;
    passed += chunk.length;
    if (fault === undefined || passed <= fault.atByte || start > fault.atByte + fault.size) {
      write(chunk);
      return;
    }
    const at = Math.max(0, fault.atByte - start);
    isStalled = spoil(chunk, at, start <= fault.atByte, fault, write, () => {
      from.destroy();
      to.destroy();
    });
  });
}

/** Applies the fault to a chunk that it touches; true when nothing is to follow. */
function spoil(
  chunk: Buffer,
  at: number,
  isFirst: boolean,
  fault: Fault,
  write: (bytes: Buffer) => void,
  cut: () => void,
): boolean {
  const end = Math.min(chunk.length, at + fault.size);
  switch (fault.kind) {
    case 'none':
      write(chunk);
      return false;
    case 'cut':
      write(chunk.subarray(0, at));
      cut();
      return true;
    case 'stall':
      write(chunk.subarray(0, at));
      return true;
    case 'flip': {
      const copy = Buffer.from(chunk);
      if (isFirst) copy[at] = (copy[at] ?? 0) ^ (1 << (fault.size % 8));
      write(copy);
      return false;
    }
    case 'double':
      write(chunk.subarray(0, end));
      write(chunk.subarray(isFirst ? at : end, end));
      write(chunk.subarray(end));
      return false;
    case 'drop':
      write(chunk.subarray(0, at));
      write(chunk.subarray(isFirst ? end : 0));
      return false;
    case 'drip':
      write(chunk.subarray(0, at));
      for (let offset = at; offset < end; offset += 1) write(chunk.subarray(offset, offset + 1));
      write(chunk.subarray(end));
      return false;
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address;
  throw new Error('the proxy does not listen');
}
