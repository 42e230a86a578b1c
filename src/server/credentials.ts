import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { FlashError } from '../protocol/index.js';

/** What the server shows and asks for. */
export interface Credentials {
  /** Undefined: nobody is asked for one. */
  token: string | undefined;
  /** Undefined: no TLS. */
  tls: TlsIdentity | undefined;
}

/** Certificate chain and key, in PEM. */
export interface TlsIdentity {
  cert: Buffer;
  key: Buffer;
  /** When the first certificate of the chain ends, ISO 8601. */
  until: string;
}

/** A shorter token could be guessed from one overheard login. */
const tokenLengthMin = 16;

/**
 * Reads token and certificate from their files.
 *
 * Errors: NOT_FOUND and DENIED for files; INVALID_REQUEST for what is in them.
 */
export async function readCredentials(files: {
  tokenFile?: string;
  tls?: { certFile: string; keyFile: string };
}): Promise<Credentials> {
  const token = files.tokenFile === undefined ? undefined : await readToken(files.tokenFile);
  const tls = files.tls === undefined ? undefined : await readTls(files.tls);
  return { token, tls };
}

/**
 * Reads a token: the first line of its file, without spaces around it.
 *
 * Errors: as `readCredentials`.
 */
export async function readToken(file: string): Promise<string> {
  const text = (await readText(file)).toString('utf8');
  const token = (text.split('\n')[0] ?? '').trim();
  if (token.length >= tokenLengthMin) return token;
  throw new FlashError(
    'INVALID_REQUEST',
    `The token in ${file} has ${token.length} characters, at least ${tokenLengthMin} are needed`,
    { hint: 'Make one with: openssl rand -hex 32', place: { file } },
  );
}

async function readTls(files: { certFile: string; keyFile: string }): Promise<TlsIdentity> {
  const [cert, key] = await Promise.all([readText(files.certFile), readText(files.keyFile)]);
  try {
    createSecureContext({ cert, key });
    const until = new Date(new X509Certificate(cert).validTo).toISOString();
    return { cert, key, until };
  } catch (error) {
    throw new FlashError(
      'INVALID_REQUEST',
      `${files.certFile} and ${files.keyFile} are no certificate and its key`,
      { hint: 'Give both as PEM files that belong together.', cause: error },
    );
  }
}

async function readText(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new FlashError(isMissing ? 'NOT_FOUND' : 'DENIED', `Can't read ${file}`, {
      hint: 'Check the path and its permissions.',
      place: { file },
      cause: error,
    });
  }
}
