import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay to a server, whose connections can be cut and whose server can be another one later. */
export interface Relay {
  port: number;
  /** Connections that were taken. */
  accepted(): number;
  /** Cuts all connections that are open. */
  cut(): void;
  /** Passes new connections to another port; 0 refuses them. */
  setTarget(port: number): void;
  /** Passes so many bytes from the server on, over all connections, then cuts them and calls `done`. */
  cutAfter(bytes: number, done?: () => void): void;
}

/** Starts a relay on a free port of 127.0.0.1; it ends with the test. */
export async function startRelay(
  t: { teardown(clean: () => Promise<void>): void },
  targetPort: number,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  let target = targetPort;
  let accepted = 0;
  let bytesLeft = Infinity;
  let wasCut: (() => void) | undefined;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    accepted += 1;
    if (target === 0) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: target });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        // What the other side has sent before it went still goes out.
        client.destroySoon();
        upstream.destroySoon();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, Math.min(chunk.length, bytesLeft)));
      bytesLeft -= chunk.length;
      if (bytesLeft > 0) return;
      bytesLeft = Infinity;
      // What was written before still goes out: the client sees an event that is cut anywhere.
      for (const socket of sockets) socket.destroySoon();
      wasCut?.();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had');
  return {
    port: address.port,
    accepted: () => accepted,
    cut,
    setTarget: (port) => {
      target = port;
    },
    cutAfter: (bytes, done) => {
      bytesLeft = bytes;
      wasCut = done;
    },
  };
}
