import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openRemoteEngine } from '../../../src/engine/remote/index.js';
import { FlashError, queryRows, type Engine } from '../../../src/protocol/index.js';
import type { Random } from '../../workload/random.js';
import { send } from '../http/http-server.js';
import { serveEngine } from '../test-server.js';
import { attempt, type Attempt } from './attempt.js';
import { hiddenState, openWithSecrets, passwords, secrets, type User } from './secrets.js';

/** What a run saw. */
export interface AttemptsReport {
  attempts: number;
  /** By what came of them, for users: `ok`, `denied`, or another code. */
  outcomes: Record<string, number>;
  /** Of the reads, asked by the owner: how many there were, and how many of them gave a secret. */
  reads: number;
  revealedToOwner: number;
  /** Statements by which a user got at something, or changed it; empty if none. */
  wrong: string[];
}

type Door = (attempt: Attempt) => Promise<{ outcome: string; bytes: Buffer }>;

const token = 'the-token-of-the-owner-0123456789';
const lookEvery = 50;
const controlEvery = 10;
/** Some would read all of the engine's tables, crossed with each other. */
const ownerSecondsMax = 2;

/** Tries `count` statements, each as one of the users by one of the doors, in a new engine of `folder`. */
export async function runAttempts(
  folder: string,
  random: Random,
  count: number,
): Promise<AttemptsReport> {
  const { engine, accounts } = await openWithSecrets(folder);
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, token);
  const served = await serveEngine(engine, {
    tokenFile,
    http: { host: '127.0.0.1', port: 0, isOpen: false },
    accounts,
    limits: { wrongTokenDelayMs: 0 },
  });
  const httpPort = Number(new URL(served.server.httpUrl ?? '').port);
  const report: AttemptsReport = {
    ...{ attempts: 0, outcomes: {}, reads: 0, revealedToOwner: 0, wrong: [] },
  };
  const remotes: Engine[] = [];
  try {
    const doors: Door[] = [];
    for (const user of ['reader', 'writer'] as const) {
      const location = `tcp://${user}@127.0.0.1:${served.server.port}`;
      const remote = await openRemoteEngine(location, { token: passwords[user] });
      remotes.push(remote);
      doors.push(overTcp(remote), overHttp(httpPort, user), overHttp(httpPort, user, 's'));
    }
    const owner = overHttp(httpPort, undefined);
    const before = await hiddenState(engine);
    for (let index = 0; index < count && report.wrong.length === 0; index += 1) {
      const tried = attempt(random);
      const { outcome, bytes } = await random.pick(doors as [Door, ...Door[]])(tried);
      report.attempts += 1;
      report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
      const found = secretsIn(bytes, tried);
      if (found.length > 0)
        report.wrong.push(`${found.join()}: ${textOf(tried)}: ${bytes.toString()}`);
      if (index % controlEvery === 0 && /^(?:SELECT|WITH|FROM) /.test(tried.plain)) {
        report.reads += 1;
        if (secretsIn((await owner(tried)).bytes, tried).length > 0) report.revealedToOwner += 1;
      }
      if (index % lookEvery === 0 || index === count - 1) {
        const changed = await changes(engine, before);
        if (changed !== '') report.wrong.push(`${changed}, up to ${textOf(tried)}`);
      }
    }
  } finally {
    for (const remote of remotes) await remote.close();
    await served.stop();
    await engine.close();
  }
  return report;
}

const textOf = ({ plain, parameters }: Attempt): string => JSON.stringify([plain, parameters]);

/** Secrets in an answer or error that were not in the statement, as text or as a number of eight bytes. */
function secretsIn(bytes: Buffer, { plain }: Attempt): string[] {
  const number = Buffer.alloc(8);
  number.writeBigInt64LE(918273645n);
  const found: string[] = secrets.filter(
    (secret) => !plain.includes(secret) && bytes.includes(secret),
  );
  return bytes.includes(number) ? [...found, 'the number'] : found;
}

/** What users may not have changed, or have got into a table that they may read; empty if nothing. */
async function changes(engine: Engine, before: string): Promise<string> {
  const after = await hiddenState(engine);
  if (after !== before) return `changed to ${after}`;
  const [row] = await queryRows(
    engine,
    `SELECT (SELECT groupArray(v) FROM shop.orders) AS o, (SELECT groupArray(v) FROM shop.plain) AS p`,
  );
  const text = JSON.stringify(row);
  const found = secrets.filter((secret) => text.includes(secret));
  return found.length > 0 ? `in shop: ${text}` : '';
}

function overTcp(remote: Engine): Door {
  return async ({ sql }) => {
    try {
      const rows = await queryRows(remote, sql);
      return { outcome: 'ok', bytes: Buffer.from(JSON.stringify(rows, asText)) };
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      const outcome = error.code === 'DENIED' ? 'denied' : error.code;
      return { outcome, bytes: Buffer.from(`${error.message} ${error.hint ?? ''}`) };
    }
  };
}

const asText = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
};

/** HTTP as a user, or as the owner; in a session of this name if there is one. */
function overHttp(port: number, user: User | undefined, session?: string): Door {
  const headers =
    user === undefined
      ? { 'x-clickhouse-key': token }
      : { 'x-clickhouse-user': user, 'x-clickhouse-key': passwords[user] };
  return async ({ sql, parameters }) => {
    const query = new URLSearchParams(parameters);
    if (user === undefined) query.set('max_execution_time', String(ownerSecondsMax));
    if (session !== undefined) query.set('session_id', `${session}-${user ?? ''}`);
    const reply = await send({ port, token }, `/?${query.toString()}`, { body: sql, headers });
    const code = String(reply.headers['x-clickhouse-exception-code'] ?? reply.status);
    const outcome = reply.status === 200 ? 'ok' : code === '497' ? 'denied' : `http ${code}`;
    return { outcome, bytes: reply.bytes };
  };
}
