import { fstatSync, writeSync } from 'node:fs';

type StandardStream = NodeJS.WriteStream & {
  fd: number;
  _write: (chunk: Uint8Array, encoding: string, done: (error?: Error | null) => void) => void;
};

/**
 * Has a standard stream that is a regular file take each chunk whole, or fail. Node writes once and drops what did not
 * fit, so that a disk which fills up would cut the output without an error.
 */
export function writeWhole(stream: NodeJS.WriteStream & { fd: number }): void {
  if (!isRegularFile(stream.fd)) return;
  (stream as StandardStream)._write = (chunk: Uint8Array, _encoding, done): void => {
    try {
      for (let at = 0; at < chunk.length;) at += writeSync(stream.fd, chunk, at);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done();
  };
}

function isRegularFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    // A closed one: writing to it tells.
    return false;
  }
}
