import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { CallLimit } from '../../protocol/index.js';

/** scrypt with its parameters, as a users file holds it. */
export interface PasswordHash {
  /** log2 of N. */
  costBits: number;
  blockSize: number;
  parallelization: number;
  salt: Buffer;
  key: Buffer;
}

/**
 * Hashes a password for a users file.
 *
 * Shape: `$scrypt$ln=15,r=8,p=1$<salt>$<key>`, base64 without padding, as passlib and others write it.
 * Source: the PHC string format; RFC 7914.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, { ...parametersNow, salt, key: Buffer.alloc(32) });
  const { costBits, blockSize, parallelization } = parametersNow;
  return `$scrypt$ln=${costBits},r=${blockSize},p=${parallelization}$${base64(salt)}$${base64(key)}`;
}

/** Undefined for what is no hash of scrypt, or one that would take more than 256 MiB to check. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt = '', key = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([\w+/]{16,})\$([\w+/]{22,})$/.exec(text) ?? [];
  const hash = {
    costBits: Number(ln),
    blockSize: Number(r),
    parallelization: Number(p),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  };
  const isBounded = hash.costBits >= 14 && hash.blockSize >= 1 && hash.parallelization >= 1;
  return isBounded && memoryBytes(hash) <= memoryBytesMax ? hash : undefined;
}

/** Whether it is the password of the hash: in about a tenth of a second, on libuv's pool. */
export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash), hash.key);
}

/** Takes as long as a hash of today, and fits no password. */
export const unknownUser: PasswordHash = {
  costBits: 15,
  blockSize: 8,
  parallelization: 1,
  salt: randomBytes(16),
  key: randomBytes(32),
};

const parametersNow = { costBits: 15, blockSize: 8, parallelization: 1 };

/** 32 MiB each: many logins at once would take the server's memory and its threads. */
const running = new CallLimit(2);

function derive(password: string, hash: PasswordHash): Promise<Buffer> {
  const { costBits, blockSize, parallelization, salt, key } = hash;
  const options = {
    N: 2 ** costBits,
    r: blockSize,
    p: parallelization,
    maxmem: memoryBytes(hash) + 1024 * 1024,
  };
  return running.run(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(password, salt, key.length, options, (error, derived) => {
          if (error === null) resolve(derived);
          else reject(error);
        });
      }),
  );
}

function memoryBytes(hash: PasswordHash): number {
  return 128 * hash.blockSize * (2 ** hash.costBits + hash.parallelization);
}

const memoryBytesMax = 256 * 1024 * 1024;

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
