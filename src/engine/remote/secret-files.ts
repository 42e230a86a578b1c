import { readFile } from 'node:fs/promises';
import { FlashError } from '../../protocol/index.js';

/**
 * Reads the authority, in PEM, that a `tls://` server's certificate is checked against.
 *
 * Errors: NOT_FOUND.
 */
export async function readAuthority(file: string): Promise<Uint8Array> {
  return await readBytes(file);
}

/**
 * Reads a token: the first line of its file, without spaces around it.
 *
 * Errors: NOT_FOUND.
 */
export async function readTokenFile(file: string): Promise<string> {
  const text = (await readBytes(file)).toString('utf8');
  return (text.split('\n')[0] ?? '').trim();
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new FlashError('NOT_FOUND', `Can't read ${file}`, {
      hint: 'Check the path and its permissions.',
      place: { file },
      cause: error,
    });
  }
}
