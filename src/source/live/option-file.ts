import { readFile } from 'node:fs/promises';
import { FlashError } from '../../protocol/index.js';
import { fileError } from '../file-log.js';
import type { AddressDefaults } from './address.js';

const names = [
  'host',
  'port',
  'user',
  'password',
  'ssl-mode',
  'ssl-ca',
  'ssl-cert',
  'ssl-key',
  'connect-timeout',
] as const;

/** Groups that count, as for MySQL's own clients; a later one wins. */
const groups: ReadonlySet<string> = new Set(['client', 'client-mariadb', 'theflash']);

/**
 * Reads what an option file (my.cnf) says of the connection, from its groups [client] and [theflash].
 *
 * Errors: NOT_FOUND, DENIED for the file.
 */
export async function readOptionFile(path: string): Promise<AddressDefaults> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path);
  });
  return parseOptionFile(text, path);
}

/** As `readOptionFile`, of the text. Errors: UNSUPPORTED for `!include`, which is not followed. */
export function parseOptionFile(text: string, path: string): AddressDefaults {
  const found: AddressDefaults = {};
  let isOurs = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const group = /^\[(.*)\]$/.exec(line)?.[1];
    if (group !== undefined) isOurs = groups.has(group.trim());
    else if (line.startsWith('!include')) throw includeError(path, index + 1);
    else if (isOurs) takeOption(line, found);
  }
  return found;
}

/** Reads the first line of a file that holds a password. Errors: NOT_FOUND, DENIED. */
export async function readPasswordFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path);
  });
  return text.split(/\r?\n/)[0] ?? '';
}

function takeOption(line: string, found: AddressDefaults): void {
  const [, spelled = '', value] = /^([\w-]+)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
  // Options of other programs stand in the group too: only those of the connection count.
  const name = names.find((known) => known === spelled.replaceAll('_', '-'));
  if (name !== undefined && value !== undefined) found[name] = unquote(value);
}

/** A value may stand in quotes, and after one without any a comment may follow. */
function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(value);
  const plain = quoted?.[2] ?? value.replace(/\s+#.*$/, '');
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', s: ' ', b: '\b' };
  return plain.replace(/\\([ntrsb\\"'])/g, (_, letter: string) => escapes[letter] ?? letter);
}

function includeError(path: string, line: number): FlashError {
  return new FlashError('UNSUPPORTED', `${path} includes other files in line ${line}`, {
    hint: 'Give a file that holds the [client] group itself: --defaults-file my.cnf.',
    place: { file: path },
  });
}
