import { FlashError, type Position } from '../../protocol/index.js';
import { errorCodeOf } from './connection.js';

/** What went wrong with a source. */
export interface Failure {
  /** The same may work in a while: the network, a server that starts anew. */
  isPassing: boolean;
  /** For people who watch tries to connect. */
  message: string;
  error: FlashError;
}

/** Errors of a server that is about to stop, is full, or has ended this session. */
const passingErrnos: ReadonlySet<number> = new Set([
  1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1317, 1927, 2006, 2013, 3169, 4031,
]);

const loginErrnos: ReadonlySet<number> = new Set([
  1044, 1045, 1130, 1251, 1698, 2059, 3118, 3159, 4151,
]);

/** No right to do what was asked. */
const rightsErrnos: ReadonlySet<number> = new Set([1142, 1227]);

/** ER_MASTER_FATAL_ERROR_READING_BINLOG: whatever keeps a server from sending a log. */
const readingErrno = 1236;

/** ER_SLAVE_SAME_ID of MariaDB. */
const sameIdErrno = 1942;

/** Node says these of certificates that it does not accept. */
const certificateCode = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

const certificateText = /certificate|altnames|\balert\b|wrong version/i;

/** Reads an error of the network, of TLS or of the server, which `location` names. */
export function describeFailure(error: unknown, location: string): Failure {
  if (error instanceof FlashError) {
    // Bytes that are out of step would be so again: PROTOCOL is not tried for ever.
    return { isPassing: error.code === 'CONNECTION', message: error.message, error };
  }
  if (isBug(error)) {
    const wrong = new FlashError('INTERNAL', error.message, { cause: error });
    return failed(error.message, wrong);
  }
  const text = error instanceof Error ? error.message : String(error);
  const code = errorCodeOf(error);
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  const message = text === '' ? (code ?? 'no reason given') : text;
  const make = (flashCode: 'AUTH' | 'CONNECTION', what: string, hint: string): FlashError =>
    new FlashError(flashCode, `${location} ${what}: ${message}`, { hint, cause: error });
  if (loginErrnos.has(errno)) {
    return failed(message, make('AUTH', 'refuses the login', loginHint));
  }
  if (rightsErrnos.has(errno)) {
    return failed(message, make('AUTH', 'refuses a statement', rightsHint));
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return failed(message, make('AUTH', 'has no TLS', noTlsHint));
  }
  // mysql2 puts one code on all that ends a handshake, a lost connection included.
  const isHandshake = code === 'HANDSHAKE_SSL_ERROR' && certificateText.test(text);
  if (isHandshake || certificateCode.test(code ?? '')) {
    return failed(message, make('AUTH', 'can’t be trusted', certificateHint));
  }
  return {
    // An errno over 1000 is the server's; what is below is the operating system's.
    isPassing: errno < 1000 || passingErrnos.has(errno),
    message,
    error: make('CONNECTION', 'can’t be read', connectionHint),
  };
}

/** Reads what a server says instead of sending a log, which was asked for at a place. */
export function describeRefusal(
  { errno, message }: { errno: number; message: string },
  location: string,
  place: Position,
): Failure {
  const at = `${place.file}:${place.offset}`;
  const refuse = (code: 'SOURCE_MISMATCH' | 'INVALID_REQUEST', hint: string): Failure =>
    failed(
      message,
      new FlashError(code, `${location} does not send its log from ${at} on: ${message}`, {
        hint,
        place: { file: place.file, offset: place.offset },
      }),
    );
  if (errno === sameIdErrno || message.includes('same server_uuid/server_id')) {
    return refuse(
      'INVALID_REQUEST',
      'Another reader has this server id: give one that is free, --server-id N.',
    );
  }
  if (errno !== readingErrno) {
    const error = Object.assign(new Error(message), { errno });
    return describeFailure(error, location);
  }
  // The server's setting was changed while we read: a new session follows it.
  if (/checksum/i.test(message)) {
    const error = new FlashError('CONNECTION', `${location}: ${message}`);
    return { isPassing: true, message, error };
  }
  return refuse('SOURCE_MISMATCH', /find first log/i.test(message) ? purgedHint : lostHint);
}

/** Node throws these of its callers; to try again would hide them. */
function isBug(error: unknown): error is Error {
  return [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);
}

function failed(message: string, error: FlashError): Failure {
  return { isPassing: false, message, error };
}

const loginHint =
  'Look at user, password and host: mysql -h HOST -u USER -p. The password comes from the URL, --password-file, MYSQL_PWD or --defaults-file.';

const rightsHint =
  "Give the user the rights: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'USER'@'%' (MariaDB: GRANT REPLICATION SLAVE, BINLOG MONITOR).";

const noTlsHint =
  'Set TLS up on the server, or, where nobody can listen in between, add ?ssl-mode=DISABLED to the URL.';

const certificateHint =
  "Name the certificate of the server's authority: ?ssl-mode=VERIFY_CA&ssl-ca=ca.pem (MySQL makes one as ca.pem in its data folder). ssl-mode=REQUIRED encrypts without checking whom one speaks to.";

const connectionHint =
  'Look at the server, its port and the network, and run again: it goes on where it was.';

/** What to do where logs are gone that the copy needs. */
export const purgedHint =
  'The source has purged that log. Bring the database in anew: theflash write --binlog mysql://… --engine NEW_FOLDER copies the tables and goes on. ' +
  'To keep logs longer: SET GLOBAL binlog_expire_logs_seconds=604800 (before MySQL 8.0: expire_logs_days=7).';

const lostHint =
  'The source may have lost the end of its log in a crash (sync_binlog is not 1), or has begun its logs anew. Where it is another server now, GTIDs prove the way on: --source-moved. ' +
  'Else bring the database in anew: theflash write --binlog mysql://… --engine NEW_FOLDER.';
