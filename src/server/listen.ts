import { type AddressInfo, type Server } from 'node:net';
import { FlashError } from '../protocol/index.js';

/**
 * Makes a server listen, and gives the address that it got.
 *
 * Errors: IN_USE and DENIED for the port, INVALID_REQUEST for a host that is not this machine's.
 */
export async function listenOn(
  server: Server,
  address: { host: string; port: number },
): Promise<AddressInfo> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw listenError(address, error);
  }
  const got = server.address();
  if (typeof got === 'object' && got !== null) return got;
  throw new FlashError('INTERNAL', 'The server listens on no address');
}

function listenError(address: { host: string; port: number }, error: unknown): FlashError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${address.host}:${address.port}`;
  if (code === 'EADDRINUSE') {
    return new FlashError('IN_USE', `Another program listens on ${where}`, {
      hint: 'Stop it, or choose another port.',
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new FlashError('DENIED', `Not allowed to listen on ${where}`, {
      hint: 'Choose a port over 1023.',
      cause: error,
    });
  }
  return new FlashError('INVALID_REQUEST', `Can't listen on ${where}`, {
    hint: 'Give an address of this machine, as 127.0.0.1:9330.',
    cause: error,
  });
}
