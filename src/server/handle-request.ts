import {
  countRows,
  decodeSchemaMessage,
  encodeSchemaMessage,
  FlashError,
  listColumns,
  listSnapshots,
  listTables,
  queryRows,
  quoteTable,
  relabelSchema,
  tableName,
  type ArrowScan,
  type Engine,
  type ScanColumn,
  type QueryOptions,
  type StatementOptions,
} from '../protocol/index.js';
import {
  type ExecuteMessage,
  type InsertMessage,
  type Message,
  type PlanMessage,
  type QueryMessage,
  type ResolveMessage,
  type ScanMessage,
  type TablesMessage,
  type WireTable,
} from '../protocol/wire/index.js';
import { type RequestContext } from './context.js';
import { fingerprintColumns, mysqlTypesOf, planScan } from './plan.js';
import { streamResult } from './stream-result.js';
import { refuseAccount, requestEngine } from './request-engine.js';
import { snapshotGone } from './snapshot.js';
import { openTicket, type Ticket } from './ticket.js';

/** Requests that stand alone; those of a write batch belong to its session. */
export type PlainRequest = Extract<
  Message,
  {
    type:
      | 'TABLES'
      | 'STATUS'
      | 'CHECKPOINT'
      | 'EXECUTE'
      | 'QUERY'
      | 'PLAN'
      | 'SCAN'
      | 'RESOLVE'
      | 'INSERT';
  }
>;

/** True for the messages that `handleRequest` takes. */
export function isPlainRequest(message: Message): message is PlainRequest {
  return plainTypes.has(message.type);
}

/** Runs a request to its end, the answer sent. */
export async function handleRequest(message: PlainRequest, context: RequestContext): Promise<void> {
  const { request, server } = context;
  const wantedMs = 'timeoutMs' in message ? message.timeoutMs : 0;
  const allowedMs = allowedTime(
    context.account?.timeoutMs ?? 0,
    server.limits.statementTimeoutMsMax,
  );
  request.limitTime(allowedTime(wantedMs, allowedMs));
  request.limitBytes(context.account?.resultBytesMax ?? 0);
  await asAccount(message, context, () => handle(message, context));
}

/** Counts a request for its account, and notes it in the log. */
async function asAccount(
  message: PlainRequest,
  { server, request: active, account }: RequestContext,
  run: () => Promise<void>,
): Promise<void> {
  const text = 'sql' in message ? message.sql : message.type;
  const leave = account === undefined ? undefined : server.accounts?.enter(account);
  try {
    await run();
    server.audit.note({ door: 'tcp', account, text, active });
  } catch (error) {
    server.audit.note({ door: 'tcp', account, text, active, error });
    throw error;
  } finally {
    leave?.();
  }
}

async function handle(message: PlainRequest, context: RequestContext): Promise<void> {
  switch (message.type) {
    case 'TABLES': {
      await sendTables(message, context);
      return;
    }
    case 'STATUS': {
      await sendStatus(context);
      return;
    }
    case 'CHECKPOINT': {
      refuseAccount(context.account, 'read checkpoints');
      const checkpoint = await context.server.engine.readCheckpoint(message.source);
      await context.send({ type: 'CHECKPOINT_OK', checkpoint });
      return;
    }
    case 'EXECUTE': {
      await execute(message, context);
      return;
    }
    case 'QUERY': {
      await runQuery(message, context);
      return;
    }
    case 'PLAN': {
      await plan(message, context);
      return;
    }
    case 'SCAN': {
      await scan(message, context);
      return;
    }
    case 'RESOLVE': {
      refuseAccount(context.account, 'ask for batches');
      await resolveBatch(message, context);
      return;
    }
    case 'INSERT': {
      refuseAccount(context.account, 'insert in bulk');
      await insert(message, context);
      return;
    }
  }
}

const plainTypes: ReadonlySet<string> = new Set<PlainRequest['type']>([
  'TABLES',
  'STATUS',
  'CHECKPOINT',
  'EXECUTE',
  'QUERY',
  'PLAN',
  'SCAN',
  'RESOLVE',
  'INSERT',
]);

async function sendTables(message: TablesMessage, context: RequestContext): Promise<void> {
  const engine = engineOf(context);
  const tables: WireTable[] = [];
  for (const table of await listTables(engine)) {
    if (message.database !== undefined && table.database !== message.database) continue;
    if (message.table !== undefined && table.table !== message.table) continue;
    context.request.check();
    const columns = await listColumns(engine, table);
    tables.push({
      ...table,
      columns,
      rows: message.countRows ? await countRows(engine, table) : undefined,
    });
  }
  await context.send({ type: 'TABLES_OK', tables });
}

/** The engine with the rights of the request. */
function engineOf({ server, request, account }: RequestContext): Engine {
  return requestEngine(server.engine, request.signal, account);
}

/** A user is not told what others do. */
async function sendStatus({ server, send, account }: RequestContext): Promise<void> {
  const { engineVersion, patches, sandbox } = await server.engine.info();
  await send({
    type: 'STATUS_OK',
    server: `theflash/${server.version}`,
    serverId: server.serverId,
    startedAtMs: server.startedAtMs,
    engineVersion,
    patches,
    sandbox,
    connections: server.countConnections(),
    openWrites: server.writes.count,
    openScans: account === undefined ? server.listScans() : [],
    sources: account === undefined ? server.listSources?.().map(({ state }) => state) : undefined,
  });
}

async function execute(message: ExecuteMessage, context: RequestContext): Promise<void> {
  const { server, request } = context;
  const { signal } = request;
  request.setStatement(message.sql);
  const { account } = context;
  const isOwn = account !== undefined && (await server.snapshots.dropFor(account, message.sql));
  if (!isOwn) {
    const run = (): Promise<void> =>
      engineOf(context).execute(message.sql, statementOptions(message, signal));
    await server.statements.run(run, signal);
  }
  request.check();
  await context.send({ type: 'EXECUTE_OK', elapsedMs: request.elapsedMs });
}

async function runQuery(message: QueryMessage, context: RequestContext): Promise<void> {
  const { server, request } = context;
  request.grant(message.credit);
  request.setStatement(message.sql);
  startScan(context, 'QUERY');
  const statement = statementOptions(message, request.signal);
  const open = (options: QueryOptions): Promise<ArrowScan> =>
    engineOf(context).query(message.sql, { ...statement, ...options });
  await streamResult(context, open, server.limits);
  server.metrics.rowsSent += request.rows;
}

async function plan(message: PlanMessage, context: RequestContext): Promise<void> {
  const { server, request, account } = context;
  const { snapshots, serverId } = server;
  const engine = engineOf(context);
  if (account !== undefined && message.changesAfter !== undefined) {
    throw new FlashError('DENIED', 'A user reads no changes of tables', {
      hint: 'Use the token itself, which may make the snapshots that they are read from.',
    });
  }
  // A snapshot is made with all rights: what may not be read is to be none.
  if (account !== undefined)
    await queryRows(engine, `SELECT 1 FROM ${quoteTable(message)} LIMIT 0`);
  const expiresAtMs = Date.now() + server.limits.ticketLifetimeMs;
  const check = (): void => {
    request.check();
  };
  const choose = snapshots.choose(message, expiresAtMs, check, account);
  const source = await choose.catch((error: unknown) => {
    throw account === undefined ? error : withoutHint(error);
  });
  try {
    const answer = await planScan(engine, message, source, { serverId, key: server.ticketKey });
    request.check();
    await context.send(answer);
  } catch (error) {
    await snapshots.giveUp(source);
    throw error;
  }
}

/** A hint may tell of other tables than those that a user may read. */
function withoutHint(error: unknown): unknown {
  if (!(error instanceof FlashError) || error.code !== 'NOT_FOUND') return error;
  return new FlashError('NOT_FOUND', 'There is no such table or snapshot that you may read');
}

async function scan(message: ScanMessage, context: RequestContext): Promise<void> {
  const { server, request } = context;
  const ticket = openTicket(message.ticket, {
    key: server.ticketKey,
    serverId: server.serverId,
    nowMs: Date.now(),
  });
  request.grant(message.credit);
  startScan(context, `SCAN ${tableName(ticket)}`);
  // The list of snapshots is nobody's; the rows are read with the rights of the request.
  const engine = requestEngine(server.engine, request.signal, undefined);
  const columns = await readPlannedColumns(engine, ticket);
  const types =
    ticket.mysqlTypes === undefined ? mysqlTypesOf(columns) : new Map(ticket.mysqlTypes);
  await streamResult(context, (options) => openPlanned(context, ticket, options), {
    ...server.limits,
    mapSchema: (schema) => encodeSchemaMessage(relabelSchema(decodeSchemaMessage(schema), types)),
  });
  server.metrics.rowsSent += request.rows;
}

/** Errors: EXPIRED when the snapshot is gone; SCHEMA_CHANGED for a view that is another one now. */
async function readPlannedColumns(engine: Engine, ticket: Ticket): Promise<readonly ScanColumn[]> {
  const { snapshot } = ticket;
  // Expired clones lie about for a moment.
  const isThere =
    snapshot === undefined || (await listSnapshots(engine)).some(({ name }) => name === snapshot);
  const columns = isThere ? await listColumns(engine, ticket.stored) : [];
  if (fingerprintColumns(columns) === ticket.columnsFingerprint) return columns;
  if (snapshot !== undefined) throw snapshotGone(snapshot);
  throw new FlashError(
    'SCHEMA_CHANGED',
    `${tableName(ticket)} has other columns than when it was planned`,
    { hint: 'Plan the scan again.', place: { table: tableName(ticket) } },
  );
}

/** The snapshot may go between the look at its columns and the query. */
async function openPlanned(
  context: RequestContext,
  ticket: Ticket,
  options: QueryOptions,
): Promise<ArrowScan> {
  try {
    return await engineOf(context).query(ticket.sql, options);
  } catch (error) {
    await readPlannedColumns(context.server.engine, ticket);
    throw error;
  }
}

async function resolveBatch(message: ResolveMessage, context: RequestContext): Promise<void> {
  const { writes, applied } = context.server;
  await writes.settle(message.batchId);
  const isApplied = await applied.has(message.source, message.batchId);
  await context.send({ type: 'RESOLVE_OK', applied: isApplied });
}

async function insert(message: InsertMessage, context: RequestContext): Promise<void> {
  const { server, payload } = context;
  const { batchId, serverId, database, table } = message;
  if (serverId !== server.serverId) {
    throw new FlashError(
      'EXPIRED',
      `Not known whether insert ${batchId} was applied: the server was started again since`,
      {
        hint: 'Look at the table, or fill another one.',
        place: { table: tableName(message) },
      },
    );
  }
  const { rows, repeated } = await server.inserts.run(batchId, async () => {
    const count = await server.engine.insertRows({ database, table }, payload);
    server.metrics.bytesAppended += payload.length;
    return count;
  });
  await context.send({ type: 'INSERT_OK', rows, repeated });
}

/** Takes a place among the scans. Errors: BUSY when all are taken. */
function startScan({ server, request }: RequestContext, what: string): void {
  if (server.listScans().length >= server.limits.scansMax) {
    throw new FlashError('BUSY', `${server.limits.scansMax} scans run already`, {
      hint: 'Try again in a moment, or read with fewer connections at once.',
    });
  }
  request.what = what;
  request.isScan = true;
  server.metrics.scans += 1;
}

function statementOptions(
  { parameters }: Pick<QueryMessage, 'parameters'>,
  signal: AbortSignal,
): StatementOptions {
  return { signal, ...(parameters === undefined ? {} : { parameters }) };
}

function allowedTime(wantedMs: number, allowedMs: number): number {
  if (allowedMs === 0) return wantedMs;
  return wantedMs === 0 ? allowedMs : Math.min(wantedMs, allowedMs);
}
