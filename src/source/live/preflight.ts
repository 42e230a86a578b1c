import { FlashError } from '../../protocol/index.js';
import { addressText, type ServerAddress } from './address.js';
import type { Row, SourceConnection } from './connection.js';
import { openDump } from './dump-stream.js';
import { describeFailure } from './failure.js';
import { isAtLeast } from './server-version.js';

/** What a source says of itself before anything is read. */
export interface SourceFacts {
  version: string;
  isMariadb: boolean;
  /** Its logs, oldest first, with their sizes; the last one up to where it is written now. */
  logs: readonly { name: string; sizeBytes: number }[];
  /** The id under which this reader follows it. */
  serverId: number;
  /** What works, and may surprise later: lines for people. */
  notes: readonly string[];
}

/** Something that keeps a source from being read, and the statement that mends it. */
interface Problem {
  what: string;
  mend: string;
  isOfRights?: boolean;
}

const variableNames = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_storage_engine',
  'server_id',
  'binlog_expire_logs_seconds',
  'expire_logs_days',
] as const;

/** Ids that people give to servers are small; those of readers are drawn from above. */
const serverIdMin = 2 ** 31;
const serverIdMax = 2 ** 32 - 1;

/**
 * Looks at all that a source needs to be read by its binary logs.
 *
 * Errors: one AUTH or UNSUPPORTED that lists everything that is wrong, each with what mends it;
 * those of the connection.
 */
export async function examineSource(
  connection: SourceConnection,
  address: ServerAddress,
  wantedServerId: number | undefined,
): Promise<SourceFacts> {
  const [first] = await connection.query('SELECT VERSION() AS version');
  const version = text(first, 'version');
  const isMariadb = /mariadb/i.test(version);
  const variables = await readVariables(connection);
  const problems = settingProblems(variables);
  const replicas = await readReplicaIds(connection, version, isMariadb);
  const serverId = chooseServerId(wantedServerId, [...replicas, Number(variables.server_id)]);
  if (serverId === undefined) problems.push(clashProblem(wantedServerId, variables, replicas));
  const isLogging = variables.log_bin !== 'OFF';
  const status = isLogging ? await readLogs(connection, version, isMariadb, problems) : undefined;
  if (isLogging) await tryDump(address, isMariadb, problems);
  if (problems.length > 0) {
    throw problemsError(addressText(address), problems, await readAccount(connection));
  }
  return {
    ...{ version, isMariadb, serverId: serverId ?? 0 },
    logs: status?.logs ?? [],
    notes: [...settingNotes(variables), ...(status?.notes ?? [])],
  };
}

type Variables = Readonly<Partial<Record<(typeof variableNames)[number], string>>>;

async function readVariables(connection: SourceConnection): Promise<Variables> {
  const names = variableNames.map((name) => `'${name}'`).join(', ');
  const rows = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`);
  const found = new Map(rows.map((row) => [text(row, 'Variable_name'), text(row, 'Value')]));
  return Object.fromEntries(
    variableNames.flatMap((name) => {
      const value = found.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function settingProblems(variables: Variables): Problem[] {
  const problems: Problem[] = [];
  if (variables.log_bin === 'OFF') {
    problems.push({
      what: 'it writes no binary log',
      mend: 'put log-bin=binlog and server-id=1 under [mysqld] of its my.cnf, and restart it',
    });
  }
  if (variables.binlog_format !== undefined && variables.binlog_format !== 'ROW') {
    problems.push({
      what: `binlog_format is ${variables.binlog_format}, and rows are not in the log`,
      mend: "SET GLOBAL binlog_format = 'ROW' (sessions that are open keep the old one), and the same in my.cnf",
    });
  }
  if (variables.server_id === '0') {
    problems.push({
      what: 'server_id is 0, and so it refuses all replicas',
      mend: 'SET GLOBAL server_id = 1, and the same in my.cnf',
    });
  }
  if (!/^(?:|none)$/i.test(variables.binlog_storage_engine ?? '')) {
    problems.push({
      what: `its binary log is kept by ${variables.binlog_storage_engine ?? ''}, in a form that can't be read`,
      mend: 'take binlog-storage-engine out of its my.cnf, and restart it',
    });
  }
  return problems;
}

function settingNotes(variables: Variables): string[] {
  const notes: string[] = [];
  const { binlog_row_image: image = 'FULL' } = variables;
  if (image !== 'FULL') {
    notes.push(
      `binlog_row_image is ${image}: rows are completed from the copy, which costs reads, and tables without a primary key stop the run. SET GLOBAL binlog_row_image = 'FULL' logs whole rows.`,
    );
  }
  const keptSeconds =
    Number(variables.binlog_expire_logs_seconds ?? 0) ||
    Number(variables.expire_logs_days ?? 0) * 86_400;
  if (keptSeconds > 0 && keptSeconds < 86_400) {
    notes.push(
      `The source keeps its logs for ${keptSeconds} s: a copy that stands still for longer can't go on. SET GLOBAL binlog_expire_logs_seconds = 604800 keeps them for a week.`,
    );
  }
  return notes;
}

/** Replicas that are connected now; needs a right of its own on some servers, so may be unknown. */
async function readReplicaIds(
  connection: SourceConnection,
  version: string,
  isMariadb: boolean,
): Promise<number[]> {
  const statement = !isMariadb && isAtLeast(version, 8, 1) ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS';
  const rows = await connection.query(statement).catch(() => []);
  return rows.map((row) => Number(row['Server_Id'] ?? row['Server_id']));
}

function chooseServerId(wanted: number | undefined, taken: readonly number[]): number | undefined {
  if (wanted !== undefined) return taken.includes(wanted) ? undefined : wanted;
  for (;;) {
    const id = serverIdMin + Math.floor(Math.random() * (serverIdMax - serverIdMin));
    if (!taken.includes(id)) return id;
  }
}

function clashProblem(
  wanted: number | undefined,
  variables: Variables,
  replicas: readonly number[],
): Problem {
  const owner = String(wanted) === variables.server_id ? 'the source itself' : 'a replica of it';
  const taken = [variables.server_id ?? '', ...replicas.map(String)].join(', ');
  return {
    what: `${owner} has server id ${wanted ?? 0}`,
    mend: `give another --server-id than ${taken}, or none`,
  };
}

async function readLogs(
  connection: SourceConnection,
  version: string,
  isMariadb: boolean,
  problems: Problem[],
): Promise<{ logs: SourceFacts['logs']; notes: string[] } | undefined> {
  const isNew = !isMariadb && isAtLeast(version, 8, 2);
  const statement = isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
  try {
    const [status] = await connection.query(statement);
    const rows = await connection.query('SHOW BINARY LOGS');
    const current = text(status, 'File');
    const listed = rows.map((row) => ({
      name: text(row, 'Log_name'),
      sizeBytes: Number(row['File_size']),
    }));
    // A log that was opened between the two statements is not of this moment.
    const index = listed.findIndex(({ name }) => name === current);
    const logs = listed
      .slice(0, index + 1)
      .map((log) =>
        log.name === current ? { ...log, sizeBytes: Number(status?.['Position']) } : log,
      );
    return { logs, notes: databaseNotes(status) };
  } catch (error) {
    problems.push(rightsProblem(error, 'where its log stands', isMariadb));
    return undefined;
  }
}

/** What the server keeps out of its log is in no copy. */
function databaseNotes(status: Row | undefined): string[] {
  const only = text(status, 'Binlog_Do_DB');
  const without = text(status, 'Binlog_Ignore_DB');
  return [
    ...(only === ''
      ? []
      : [`The source logs ${only} only (binlog_do_db): nothing else is copied.`]),
    ...(without === ''
      ? []
      : [`The source does not log ${without} (binlog_ignore_db): its changes are not copied.`]),
  ];
}

/** Whether a right suffices is only known by its use: roles, wildcards and hosted servers differ. */
async function tryDump(
  address: ServerAddress,
  isMariadb: boolean,
  problems: Problem[],
): Promise<void> {
  const request = { address, isMariadb, file: '', offset: 4 };
  const stream = await openDump({ ...request, serverId: undefined, signal: undefined });
  try {
    for (;;) {
      const items = (await stream.next()) ?? [];
      const error = items.find((item) => item.kind === 'error');
      if (error !== undefined) {
        const thrown = Object.assign(new Error(error.message), { errno: error.errno });
        problems.push(rightsProblem(thrown, 'its binary log', isMariadb));
      }
      if (items.length > 0) return;
    }
  } finally {
    stream.close();
  }
}

function rightsProblem(error: unknown, what: string, isMariadb: boolean): Problem {
  const { isPassing, error: described, message } = describeFailure(error, 'the source');
  if (described.code !== 'AUTH' || isPassing) {
    return { what: `it does not give ${what}: ${message}`, mend: described.hint ?? '' };
  }
  const client = isMariadb ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
  const right = what === 'its binary log' ? 'REPLICATION SLAVE' : client;
  return {
    what: `the user may not read ${what}`,
    mend: `as an administrator: GRANT ${right} ON *.* TO`,
    isOfRights: true,
  };
}

/** As which account the server knows the user, as GRANT takes it. */
async function readAccount(connection: SourceConnection): Promise<string> {
  const [row] = await connection.query('SELECT CURRENT_USER() AS account');
  const [, user = 'USER', host = '%'] = /^(.*)@([^@]*)$/.exec(text(row, 'account')) ?? [];
  return `'${user}'@'${host}'`;
}

/** `account`: whom a GRANT is for. */
function problemsError(location: string, found: readonly Problem[], account: string): FlashError {
  const problems = found.map((each) =>
    each.isOfRights === true ? { ...each, mend: `${each.mend} ${account}` } : each,
  );
  const [only] = problems;
  const list = problems
    .map(({ what, mend }, index) => `(${index + 1}) ${what}: ${mend}`)
    .join('; ');
  const code = problems.some(({ isOfRights }) => isOfRights === true) ? 'AUTH' : 'UNSUPPORTED';
  return problems.length === 1 && only !== undefined
    ? new FlashError(code, `${location} can't be read: ${only.what}`, {
        hint: `Mend it: ${only.mend}.`,
      })
    : new FlashError(code, `${location} can't be read, for ${problems.length} reasons: ${list}`);
}

function text(row: Row | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
