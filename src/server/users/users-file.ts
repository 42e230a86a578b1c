import { readFile, stat } from 'node:fs/promises';
import { aCount, aText, checkOptions, FlashError, listOf } from '../../protocol/index.js';
import { parsePasswordHash, type PasswordHash } from './password-hash.js';

/** Tables that a user may read, or read and write; see `parsePattern`. */
export interface TableRight {
  kind: 'read' | 'write';
  database: string;
  table: string;
}

/** A user as the file tells it. */
export interface UserEntry {
  name: string;
  password: PasswordHash;
  rights: readonly TableRight[];
  /** Longest that a statement may run. Units: ms; 0 for ever. */
  timeoutMs: number;
  /** Statements at once, of all connections of the user. */
  queriesMax: number;
  /** Statements that may begin within a minute; 0 is no limit. */
  queriesPerMinuteMax: number;
  /** Of each statement. Units: bytes; 0 is no limit but the server's. */
  memoryBytesMax: number;
  /** Of what a statement gives, before it is packed. Units: bytes; 0 is no limit. */
  resultBytesMax: number;
}

/**
 * Reads a users file: JSON,
 * `{"users": {"grafana": {"password": "$scrypt$…", "read": ["shop.*"], "write": [], "timeoutMs": 60000, "queriesMax": 8}}}`.
 *
 * Errors: NOT_FOUND; DENIED where others than its owner may read or write it; INVALID_REQUEST, naming the user,
 * for what is in it.
 */
export async function readUsersFile(file: string): Promise<readonly UserEntry[]> {
  const users = readUsers(file, await readGuarded(file));
  return Object.entries(users).map(([name, value]) => readUser(file, name, value));
}

async function readGuarded(file: string): Promise<string> {
  const info = await stat(file).catch((cause: unknown) => {
    throw new FlashError('NOT_FOUND', `Can't read the users file ${file}`, {
      hint: 'Check the path and its permissions.',
      place: { file },
      cause,
    });
  });
  if ((info.mode & 0o077) !== 0) {
    throw new FlashError('DENIED', `Others than its owner may read or write ${file}`, {
      hint: `It holds passwords' hashes and rights: chmod 600 ${file}`,
      place: { file },
    });
  }
  return await readFile(file, 'utf8');
}

function readUsers(file: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refuse(file, `is no JSON: ${why}`);
  }
  checkOptions(file, value, { users: anObjectOfUsers });
  const users = typeof value === 'object' && value !== null && 'users' in value && value.users;
  return typeof users === 'object' && users !== null ? users : {};
}

const anObjectOfUsers = (value: unknown): string | undefined =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0
    ? undefined
    : 'an object with a member for each user';

const userShape = {
  password: aText,
  read: listOf(aText),
  write: listOf(aText),
  timeoutMs: aCount(1),
  queriesMax: aCount(1),
  queriesPerMinuteMax: aCount(1),
  memoryBytesMax: aCount(1),
  resultBytesMax: aCount(1),
};

interface UserFields {
  password?: string;
  read?: readonly string[];
  write?: readonly string[];
  timeoutMs?: number;
  queriesMax?: number;
  queriesPerMinuteMax?: number;
  memoryBytesMax?: number;
  resultBytesMax?: number;
}

function readUser(file: string, name: string, value: unknown): UserEntry {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw refuse(file, `has a user ${JSON.stringify(name)}: 1 to 64 letters, digits and _.- it is`);
  }
  checkOptions(`${file}, user ${name}`, value, userShape);
  // Checked right above.
  const fields = value as UserFields;
  const password = parsePasswordHash(fields.password ?? '');
  if (password === undefined) {
    throw refuse(file, `has no hash of scrypt as the password of ${name}`, {
      hint: 'Make one with: theflash hash-password < file-with-the-password',
    });
  }
  const { read = [], write = [] } = fields;
  const rights = [
    ...read.map((text) => parsePattern(file, name, 'read', text)),
    ...write.map((text) => parsePattern(file, name, 'write', text)),
  ];
  if (rights.length === 0) {
    throw refuse(file, `gives ${name} nothing to read or to write`, {
      hint: `Say what, as "read": ["shop.*"], or leave the user out.`,
    });
  }
  return {
    ...{ name, password, rights },
    timeoutMs: fields.timeoutMs ?? 0,
    queriesMax: fields.queriesMax ?? queriesMaxDefault,
    queriesPerMinuteMax: fields.queriesPerMinuteMax ?? 0,
    memoryBytesMax: fields.memoryBytesMax ?? 0,
    resultBytesMax: fields.resultBytesMax ?? 0,
  };
}

/** `*`, `db.*`, `begin*.*`, `db.table` or `db.begin*`: what ClickHouse's own grants can say. */
function parsePattern(
  file: string,
  user: string,
  kind: TableRight['kind'],
  text: string,
): TableRight {
  if (text === '*') return { kind, database: '*', table: '*' };
  const [, database = '', table = ''] = /^([^.*\t]*\*?)\.([^*\t]*\*?)$/.exec(text) ?? [];
  const isPattern = database !== '' && table !== '' && (!database.endsWith('*') || table === '*');
  if (isPattern && !ownDatabases.has(database)) return { kind, database, table };
  throw refuse(
    file,
    `gives ${user} ${kind === 'read' ? 'to read' : 'to write'} ${JSON.stringify(text)}, which is no pattern of tables`,
    {
      hint: 'Write "*", "shop.*", "shop.orders", "shop.log_*" or "shop_*.*". The engine\'s own databases belong to nobody.',
    },
  );
}

function refuse(file: string, what: string, more: { hint?: string } = {}): FlashError {
  return new FlashError('INVALID_REQUEST', `${file} ${what}`, { ...more, place: { file } });
}

const ownDatabases: ReadonlySet<string> = new Set([
  'theflash',
  'theflash_staging',
  'theflash_snapshots',
  'system',
  'information_schema',
  'INFORMATION_SCHEMA',
]);

const queriesMaxDefault = 16;
