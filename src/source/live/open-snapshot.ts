import { setTimeout as delay } from 'node:timers/promises';
import { FlashError, type Position } from '../../protocol/index.js';
import type { LoadSession } from './load-session.js';
import { readLogPosition } from './log-position.js';
import { isAtLeast } from './server-version.js';

/** Sessions that all see the tables as they were at one place in the logs. */
export interface Snapshot {
  position: Position;
  /** What was executed by then; empty where the server does not tell. */
  gtidSet: string;
  sessions: readonly LoadSession[];
  /** How long writers were held up, in milliseconds; undefined where nothing was locked. */
  lockMs: number | undefined;
}

export interface SnapshotRequest {
  control: LoadSession;
  open: () => Promise<LoadSession>;
  count: number;
  isMariadb: boolean;
  version: string;
  /** All tables that will be read, quoted: what is locked where the whole server can't be. */
  tables: readonly string[];
  signal: AbortSignal | undefined;
}

/** A writer is never held up for longer by a lock that does not come. Units: whole seconds. */
const lockWaitSeconds = 1;
const lockTriesMax = 5;
/** Commits come between the sessions of a busy server: so often they are opened anew. */
const equalTriesMax = 10;
/** MariaDB: answers in a row that must agree, and how often a session is asked at most. */
const equalAnswersMin = 5;
const answersMax = 500;

const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';

/** Another session holds a lock, or a statement runs that is older. */
const lockTimeoutErrno = 1205;
const deniedErrnos: ReadonlySet<number> = new Set([1044, 1045, 1142, 1227]);

/**
 * Opens sessions with one snapshot of all tables, and reads its place in the logs.
 *
 * MariaDB tells the place of each snapshot itself. MySQL does not: what is in its log may not be visible yet, so writers
 * are held up for the moment, by FLUSH TABLES WITH READ LOCK or LOCK TABLES.
 *
 * Owns: the caller closes the sessions.
 * Errors: AUTH with the GRANT where no lock may be taken; BUSY where none comes; those of the connection.
 */
export async function openSnapshot(request: SnapshotRequest): Promise<Snapshot> {
  const { count, open } = request;
  const opened = await Promise.allSettled(Array.from({ length: count }, () => open()));
  const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    const failed = opened.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await (request.isMariadb ? mariadb(request, sessions) : mysql(request, sessions));
  } catch (error) {
    for (const session of sessions) session.close();
    throw error;
  }
}

async function mariadb(
  request: SnapshotRequest,
  sessions: readonly LoadSession[],
): Promise<Snapshot> {
  for (let tries = 0; tries < equalTriesMax; tries += 1) {
    await Promise.all(sessions.map((session) => session.query(begin)));
    const places: Position[] = [];
    for (const session of sessions) places.push(await readSnapshotPlace(session));
    const [place] = places;
    const isSame = places.every(
      (each) => each.file === place?.file && each.offset === place.offset,
    );
    if (place !== undefined && isSame) {
      const gtidSet = await gtidsAt(request.control, place);
      return { position: place, gtidSet, sessions, lockMs: undefined };
    }
    await Promise.all(sessions.map((session) => session.query('ROLLBACK')));
  }
  const locked = await lockServer(request, sessions, 1);
  if (typeof locked !== 'string') return locked;
  // One session alone needs nobody to agree with.
  const [only, ...others] = sessions;
  if (only === undefined) throw new FlashError('INTERNAL', 'a snapshot without sessions');
  for (const session of others) session.close();
  await only.query(begin);
  const position = await readSnapshotPlace(only);
  const gtidSet = await gtidsAt(request.control, position);
  return { position, gtidSet, sessions: [only], lockMs: undefined };
}

/**
 * The whole server first, where it is certain that no statement runs for long: LOCK TABLES may make a
 * transaction that uses several of the tables the victim of a deadlock. Before MySQL 5.7 LOCK TABLES did not
 * wait for transactions, and so says nothing of a place.
 */
async function mysql(
  request: SnapshotRequest,
  sessions: readonly LoadSession[],
): Promise<Snapshot> {
  const { tables, control, version } = request;
  const first = (await seesProcesses(control)) ? await lockServer(request, sessions, 1) : 'denied';
  if (typeof first !== 'string') return first;
  const list = tables.map((table) => `${table} READ`).join(', ');
  // Without tables there is nothing to wait for: any place is as good as another.
  const lock = tables.length === 0 ? 'DO 0' : `LOCK TABLES ${list}`;
  const some = isAtLeast(version, 5, 7)
    ? await lockAndBegin(request, sessions, lock, lockTriesMax)
    : 'denied';
  if (typeof some !== 'string') return some;
  // The only right that is left may need some luck: see lockServer.
  const triesMax = some === 'denied' ? lockTriesMax : 1;
  const all = await lockServer(request, sessions, triesMax);
  if (typeof all !== 'string') return all;
  if (some === 'denied' && all === 'denied') throw await deniedError(control);
  const lockTables =
    some === 'denied'
      ? ` With LOCK TABLES the tables can be locked one after the other, also where many transactions wait for one row: GRANT LOCK TABLES ON *.* TO ${await accountOf(control)}.`
      : '';
  throw new FlashError(
    'BUSY',
    `no moment was found in which the tables stand still: transactions or statements hold them for longer than ${lockWaitSeconds} s`,
    {
      hint: `SHOW PROCESSLIST and information_schema.INNODB_TRX show what stays open: end it (KILL id), or run again when it is done.${lockTables}`,
    },
  );
}

/** Whether the user sees the statements of others. */
async function seesProcesses(control: LoadSession): Promise<boolean> {
  const [row] = await control.query(
    "SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS'",
  );
  return Number(row?.[0]) > 0;
}

/**
 * FLUSH TABLES WITH READ LOCK closes tables: all that use one later wait for the statement that still has it open, and
 * go on waiting when the lock is given up. So it is not tried beside a statement that runs for long.
 *
 * It also jams: a statement that waits for a row keeps the lock away, and the transaction that holds the row may not
 * begin its next statement while the lock is wanted. Where many transactions change one row that is one try in eight.
 */
async function lockServer(
  request: SnapshotRequest,
  sessions: readonly LoadSession[],
  triesMax: number,
): Promise<Snapshot | 'denied' | 'busy'> {
  for (let tries = 1; ; tries += 1) {
    const isJammed = await runsForLong(request.control);
    const locked = isJammed
      ? 'busy'
      : await lockAndBegin(request, sessions, 'FLUSH TABLES WITH READ LOCK', 1);
    if (locked !== 'busy' || tries >= triesMax) return locked;
    await pauseAfter(tries, request.signal);
  }
}

async function runsForLong(control: LoadSession): Promise<boolean> {
  // Id, User, Host, db, Command, Time, State, Info.
  const running = await control.query('SHOW PROCESSLIST');
  return running.some(
    ([, , , , command, seconds, , info]) =>
      /^(?:Query|Execute)$/.test(command ?? '') && info !== undefined && Number(seconds) >= 1,
  );
}

/** Writers that have waited for the lock get on with their work before the next try. */
async function pauseAfter(tries: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(1000 * tries, undefined, signal === undefined ? {} : { signal });
}

/** Opens the snapshots and reads the place while `lock` is held; why not, where it can't be had. */
async function lockAndBegin(
  { control, isMariadb, version, signal }: SnapshotRequest,
  sessions: readonly LoadSession[],
  lock: string,
  triesMax: number,
): Promise<Snapshot | 'denied' | 'busy'> {
  await control.query(`SET SESSION lock_wait_timeout = ${lockWaitSeconds}`);
  for (let tries = 1; ; tries += 1) {
    try {
      await control.query(lock);
      break;
    } catch (error) {
      const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
      if (deniedErrnos.has(errno)) return 'denied';
      if (errno !== lockTimeoutErrno) throw error;
      if (tries === triesMax) return 'busy';
      await pauseAfter(tries, signal);
    }
  }
  const sinceMs = performance.now();
  try {
    await Promise.all(sessions.map((session) => session.query(begin)));
    const place = await readLogPosition(control, isMariadb, version);
    await control.query('UNLOCK TABLES');
    return { ...place, sessions, lockMs: performance.now() - sinceMs };
  } catch (error) {
    await control.query('UNLOCK TABLES').catch(() => undefined);
    throw error;
  }
}

/**
 * MariaDB: the place of a session's snapshot.
 *
 * The server puts it into variables that all sessions share before it shows them, and whoever runs SHOW STATUS at that moment
 * puts its own there: with four sessions at once one place in fifty was another's, a transaction too early or too late. So
 * our sessions ask one after the other, and a place is taken when it was told so often in a row. What comes
 * from others (monitoring) is the end of the log, which moves, and is told once.
 */
async function readSnapshotPlace(session: LoadSession): Promise<Position> {
  let last = await askSnapshotPlace(session);
  for (let same = 1, asked = 1; same < equalAnswersMin; asked += 1) {
    if (asked === answersMax) throw unsteadyPlaceError();
    const place = await askSnapshotPlace(session);
    same = place.file === last.file && place.offset === last.offset ? same + 1 : 1;
    last = place;
  }
  return last;
}

async function askSnapshotPlace(session: LoadSession): Promise<Position> {
  const rows = await session.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
  const values = new Map(rows.map(([name = '', value]) => [name.toLowerCase(), value]));
  const file = values.get('binlog_snapshot_file') ?? '';
  const offset = Number(values.get('binlog_snapshot_position'));
  if (file !== '' && offset >= 4) return { file, offset };
  throw new FlashError('UNSUPPORTED', 'the server does not tell the place of a snapshot', {
    hint: "Look at SHOW STATUS LIKE 'binlog_snapshot%' on it. A dump is the other way: mariadb-dump --single-transaction --master-data=2 … | theflash write --dump -.",
  });
}

function unsteadyPlaceError(): FlashError {
  return new FlashError(
    'BUSY',
    `the server told no place of a snapshot ${equalAnswersMin} times in a row: others ask for its status all the time`,
    {
      hint: 'Look at SHOW PROCESSLIST for sessions that run SHOW STATUS in a loop, and run again.',
    },
  );
}

async function gtidsAt(control: LoadSession, { file, offset }: Position): Promise<string> {
  const name = file.replaceAll("'", "''");
  const [row] = await control.query(`SELECT BINLOG_GTID_POS('${name}', ${offset})`);
  return row?.[0] ?? '';
}

/** The account that is logged in, as a GRANT names it. */
async function accountOf(control: LoadSession): Promise<string> {
  const [row] = await control.query('SELECT CURRENT_USER()');
  const [, user = 'USER', host = '%'] = /^(.*)@([^@]*)$/.exec(row?.[0] ?? '') ?? [];
  return `'${user}'@'${host}'`;
}

async function deniedError(control: LoadSession): Promise<FlashError> {
  const account = await accountOf(control);
  return new FlashError(
    'AUTH',
    'the user may lock neither the server nor the tables, and without a lock MySQL does not tell the place in its log at which rows are read',
    {
      hint: `As an administrator: GRANT RELOAD, PROCESS ON *.* TO ${account}; or, where nobody has these, GRANT LOCK TABLES ON *.* TO ${account}. The lock is held for some milliseconds.`,
    },
  );
}
