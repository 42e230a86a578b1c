import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { TomlError } from 'smol-toml';
import { FlashError } from '../../protocol/index.js';
import { hasPassword } from '../source-flags.js';
import { findLines, parseToml, pathKey } from './statements.js';

/** A config file that was read, before anything of it is looked at. */
export interface ConfigFile {
  /** Its path, as it was given. */
  file: string;
  /** Relative paths in it are below this folder. */
  folder: string;
  /** Whole numbers are bigint. */
  values: Readonly<Record<string, unknown>>;
  /** The line of a key or table, from 1. */
  lineOf: (path: readonly string[]) => number;
}

/** A larger file is another one, given by mistake. */
const bytesMax = 1 << 18;

/**
 * Reads a config file as TOML.
 *
 * `namedBy` is what named it, for errors.
 * Errors: NOT_FOUND; DENIED where it can't be read, or holds a password and others than its owner may read it;
 * INVALID_REQUEST with file and line for what is no TOML.
 */
export async function readConfigFile(file: string, namedBy: string): Promise<ConfigFile> {
  const { bytes, mode } = await readBytes(file, namedBy);
  const text = decode(file, bytes);
  const values = parseText(file, text);
  if ((mode & 0o077) !== 0 && hasPasswordIn(values)) {
    throw new FlashError(
      'DENIED',
      `Others than its owner may read ${file}, and it holds a password`,
      {
        hint: `chmod 600 ${file}, or put the password into a file of its own, which password-file names.`,
        place: { file },
      },
    );
  }
  let lines: ReadonlyMap<string, number> | undefined;
  return {
    file,
    folder: path.dirname(path.resolve(file)),
    values,
    lineOf: (keys) => {
      lines ??= findLines(text);
      return lines.get(pathKey(keys)) ?? 1;
    },
  };
}

async function readBytes(
  file: string,
  namedBy: string,
): Promise<{ bytes: Uint8Array; mode: number }> {
  const read = await open(file, 'r')
    .then(readHandle)
    .catch((error: unknown) => {
      throw unreadable(error, file, namedBy);
    });
  if (read.bytes.length <= bytesMax) return read;
  throw new FlashError('INVALID_REQUEST', `${file} has more than ${bytesMax} bytes`, {
    hint: `A config file is some lines of TOML. ${namedBy} names this one.`,
    place: { file },
  });
}

/** Reads to the end, or to where it is too large: a pipe gives what is in it piece by piece, a device may never end. */
async function readHandle(handle: FileHandle): Promise<{ bytes: Uint8Array; mode: number }> {
  try {
    const { mode } = await handle.stat();
    const pieces: Uint8Array[] = [];
    for (let length = 0; length <= bytesMax;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(1 << 16));
      if (bytesRead === 0) break;
      pieces.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return { bytes: Buffer.concat(pieces), mode };
  } finally {
    await handle.close();
  }
}

function unreadable(error: unknown, file: string, namedBy: string): FlashError {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const why = error instanceof Error ? error.message : String(error);
  return new FlashError(
    isMissing ? 'NOT_FOUND' : 'DENIED',
    isMissing ? `There is no config file ${file}` : `Can't read the config file ${file}: ${why}`,
    {
      hint: `${namedBy} names it: check the path and its permissions.`,
      place: { file },
      cause: error,
    },
  );
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new FlashError('INVALID_REQUEST', `${file} is not text in UTF-8`, {
      hint: 'A config file is TOML: https://toml.io/en/.',
      place: { file },
      cause: error,
    });
  }
}

function parseText(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's message goes on with lines of the file, which may hold a password.
    const [why = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new FlashError('INVALID_REQUEST', `${file}:${error.line}:${error.column}: ${why}`, {
      hint: 'A config file is TOML, as listen = "127.0.0.1:9330" below [serve]: strings stand in quotes.',
      place: { file },
    });
  }
}

function hasPasswordIn(value: unknown): boolean {
  if (typeof value === 'string') return hasPassword(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasPasswordIn);
}
