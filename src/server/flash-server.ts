import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { CallLimit, FlashError, type Engine } from '../protocol/index.js';
import { MessageWriter, toErrorMessage, type OpenScan } from '../protocol/wire/index.js';
import { AppliedBatches } from './applied-batches.js';
import { Audit } from './audit.js';
import { clientAddress } from './client-address.js';
import { ClientCounts } from './client-counts.js';
import { Connection } from './connection.js';
import { type RunningRequest } from './active-request.js';
import { type ServerContext } from './context.js';
import { readCredentials } from './credentials.js';
import { Health } from './health.js';
import { HttpDoor } from './http/index.js';
import { Inserts } from './inserts.js';
import { listenOn } from './listen.js';
import { checkHttpListen, checkListen } from './listen-policy.js';
import { startMetricsEndpoint } from './metrics-endpoint.js';
import { engineFamilies } from './engine-figures.js';
import { prometheusText } from './prometheus-text.js';
import { sourceFamilies } from './source-metrics.js';
import { Metrics, processFamilies, type EndedBy } from './metrics.js';
import { OpenWrites } from './open-writes.js';
import { defaultLimits, type HttpOptions, type ServeOptions } from './options.js';
import { ReceiveBudget } from './receive-budget.js';
import { RecentErrors } from './recent-errors.js';
import { PlanSnapshots } from './snapshot.js';
import { TlsGate } from './tls-gate.js';
import { TokenBackOff } from './token-back-off.js';
import { Turns } from './turns.js';

/** A server that runs. */
export interface FlashServer {
  readonly host: string;
  /** The one that it got, where 0 was asked for. */
  readonly port: number;
  /** `http://host:port/metrics`, or undefined without an endpoint. */
  readonly metricsUrl: string | undefined;
  /** `http://host:port` of ClickHouse's HTTP interface, or undefined without one. */
  readonly httpUrl: string | undefined;
  readonly metrics: Metrics;
  /** Figures for tests and STATUS. */
  counts(): { connections: number; scans: number; writes: number };
  /**
   * Reads token, certificate and users again; connections that are open stay. On an error the old ones are
   * kept.
   */
  reload(): Promise<void>;
  /**
   * Stops: no new connections and requests, what runs may end within `drainTimeoutMs`. The engine
   * stays open. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Serves an engine over TCP, or TLS where a certificate is given.
 *
 * Errors: INVALID_REQUEST for an address that is open to a network without token and TLS; those of
 * files and of listening.
 */
export async function startServer(engine: Engine, options: ServeOptions): Promise<FlashServer> {
  const credentials = await readCredentials(options);
  checkListen({
    host: options.host,
    hasToken: credentials.token !== undefined || options.accounts !== undefined,
    hasTls: credentials.tls !== undefined,
    allowOpenNetwork: options.allowOpenNetwork === true,
  });
  if (options.http !== undefined) checkHttpListen(options.http, credentials, options);
  const server = new RunningServer(engine, options, credentials);
  await server.start();
  return server;
}

class RunningServer implements FlashServer {
  readonly host: string;
  readonly metrics = new Metrics();
  port = 0;
  metricsUrl: string | undefined;
  readonly #options: ServeOptions;
  readonly #context: ServerContext;
  readonly #tcp: Server;
  readonly #gate: TlsGate | undefined;
  #http: HttpDoor | undefined;
  readonly #connections = new Set<Connection>();
  /** Sockets that are open, those before their handshake too. */
  readonly #clients = new ClientCounts();
  #closeMetrics: (() => Promise<void>) | undefined;
  #lastId = 0;
  #reloading: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(engine: Engine, options: ServeOptions, credentials: ServerContext['credentials']) {
    this.host = options.host;
    this.#options = options;
    const limits = { ...defaultLimits, ...options.limits };
    const errors = new RecentErrors();
    this.#context = {
      engine,
      limits,
      version: options.version,
      serverId: randomUUID(),
      startedAtMs: Date.now(),
      ticketKey: randomBytes(32),
      metrics: this.metrics,
      log: errors.tap(options.log),
      errors,
      health: new Health({
        engine,
        isDraining: () => this.#context.isDraining,
        sources: () => (options.listSources?.() ?? []).map(({ state }) => state),
        ...limits,
        nowMs: Date.now,
      }),
      writes: new OpenWrites(),
      applied: new AppliedBatches(engine),
      snapshots: new PlanSnapshots(engine),
      inserts: new Inserts(),
      scanLine: new CallLimit(1),
      statements: new CallLimit(limits.statementsMax),
      received: new ReceiveBudget(limits),
      turns: new Turns(),
      tokens: new TokenBackOff(limits),
      credentials,
      accounts: options.accounts,
      audit: new Audit(options.log, options.accounts !== undefined, options.auditSql === true),
      isDraining: false,
      listScans: () => this.#listScans(),
      listRunning: () => this.#listRunning(),
      countConnections: () => this.#countConnections(),
      listSources: options.listSources,
      readStatus: options.readStatus,
    };
    this.#tcp = createServer((socket) => {
      this.#accept(socket);
    });
    this.#gate = credentials.tls === undefined ? undefined : this.#openGate();
    if (credentials.tls !== undefined) this.#gate?.setIdentity(credentials.tls);
  }

  async start(): Promise<void> {
    const address = await listenOn(this.#tcp, this.#options);
    this.port = address.port;
    const { metrics, http } = this.#options;
    if (metrics !== undefined) await this.#startMetrics(metrics);
    if (http !== undefined) await this.#startHttp(http);
    this.#context.log('info', 'listening', {
      host: this.host,
      port: this.port,
      tls: this.#gate !== undefined,
      token: this.#context.credentials.token !== undefined,
      users: this.#options.accounts?.file,
      metrics: this.metricsUrl,
      http: this.httpUrl,
    });
  }

  counts(): { connections: number; scans: number; writes: number } {
    return {
      connections: this.#countConnections(),
      scans: this.#listScans().length,
      writes: this.#context.writes.count,
    };
  }

  reload(): Promise<void> {
    // One after the other: what was read first must not take the place of what was read later.
    const done = this.#reloading.then(() => this.#reload());
    this.#reloading = done.catch(() => undefined);
    return done;
  }

  async #reload(): Promise<void> {
    const fresh = await this.#readAgain().catch((error: unknown) => {
      this.metrics.reloadsFailed += 1;
      throw error;
    });
    this.#context.credentials = fresh;
    if (fresh.tls !== undefined) {
      this.#gate?.setIdentity(fresh.tls);
      this.#http?.setIdentity(fresh.tls);
    }
    this.metrics.reloads += 1;
    this.#context.log('info', 'reloaded', {
      token: fresh.token !== undefined,
      certificateUntil: fresh.tls?.until,
    });
  }

  /** The users last: they are taken when they are read, and an error is to change nothing. */
  async #readAgain(): Promise<ServerContext['credentials']> {
    const fresh = await readCredentials(this.#options);
    await this.#context.accounts?.reload();
    return fresh;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { drainTimeoutMs } = this.#context.limits;
    this.#context.isDraining = true;
    this.#context.log('info', 'draining', { connections: this.#connections.size });
    const unlistened = new Promise<void>((resolve) => {
      this.#tcp.close(() => {
        resolve();
      });
    });
    this.#gate?.destroyPending();
    const emptied = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections)
      connection.drain('The server stops', drainTimeoutMs);
    const timer = setTimeout(() => {
      for (const connection of this.#connections) {
        connection.fail(new FlashError('CANCELLED', 'The server stops, and waited long enough'));
      }
    }, drainTimeoutMs);
    const httpClosed = this.#http?.close(drainTimeoutMs);
    if (this.#connections.size > 0) await emptied;
    clearTimeout(timer);
    await httpClosed;
    await unlistened;
    await this.#closeMetrics?.();
    await this.#context.snapshots.close();
    this.#context.log('info', 'stopped');
  }

  get httpUrl(): string | undefined {
    return this.#http?.url;
  }

  async #startHttp(options: HttpOptions): Promise<void> {
    const { tls } = this.#context.credentials;
    const admit = (socket: Socket): FlashError | undefined => this.#admit(socket);
    const door = new HttpDoor({ context: this.#context, tls, admit }, options);
    try {
      await door.start();
      this.#http = door;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #countConnections(): number {
    return this.#connections.size + (this.#http?.connectionCount ?? 0);
  }

  async #startMetrics(address: { host: string; port: number }): Promise<void> {
    try {
      const endpoint = await startMetricsEndpoint(address, {
        health: this.#context.health,
        render: async () =>
          prometheusText([
            ...this.metrics.families({
              ...{ ...this.counts(), receivedBytes: this.#context.received.bytes },
            }),
            ...processFamilies(this.#context.startedAtMs),
            ...(await engineFamilies(this.#context.engine)),
            ...sourceFamilies(this.#options.listSources?.() ?? []),
          ]),
      });
      this.#closeMetrics = endpoint.close;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      this.metricsUrl = `http://${host}:${endpoint.address.port}/metrics`;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #openGate(): TlsGate {
    return new TlsGate({
      handshakeTimeoutMs: this.#context.limits.loginTimeoutMs,
      onSecure: (socket) => {
        this.#connect(socket);
      },
      onPlain: (socket) => {
        this.#refuse(
          socket,
          new FlashError('PROTOCOL', 'This port speaks TLS, and the client does not', {
            hint: 'Connect with tls://host:port.',
          }),
        );
      },
      onFailure: (error) => {
        this.metrics.loginsFailed += 1;
        this.#context.log('warn', 'tls-failed', { message: error.message });
      },
    });
  }

  /** Counts a new connection of any door, or says why it is not taken. */
  #admit(socket: Socket): FlashError | undefined {
    this.metrics.connections += 1;
    socket.on('error', () => socket.destroy());
    const { connectionsMax, connectionsPerAddressMax } = this.#context.limits;
    const address = clientAddress(socket.remoteAddress);
    if (this.#countConnections() + (this.#gate?.pendingCount ?? 0) >= connectionsMax) {
      return this.#countRefused('connections', `${connectionsMax} connections are open already`);
    }
    if (this.#clients.of(address) >= connectionsPerAddressMax) {
      const text = `${connectionsPerAddressMax} connections of your address are open already`;
      return this.#countRefused('connections-per-address', text);
    }
    this.#clients.add(address);
    socket.once('close', () => {
      this.#clients.remove(address);
    });
    return undefined;
  }

  #accept(socket: Socket): void {
    const refused = this.#admit(socket);
    if (refused !== undefined) {
      // A client that speaks TLS would not understand the words.
      if (this.#gate !== undefined) socket.destroy();
      else this.#refuse(socket, refused);
      return;
    }
    if (this.#gate === undefined) {
      this.#connect(socket);
      return;
    }
    this.#gate.take(socket);
  }

  #connect(socket: Socket): void {
    const id = (this.#lastId += 1);
    const connection = new Connection(this.#context, socket, id, () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#onEmpty?.();
    });
    this.#connections.add(connection);
    this.#dropOldestLogin();
    if (this.#context.isDraining) connection.drain('The server stops', 0);
  }

  #countRefused(limit: EndedBy, text: string): FlashError {
    this.metrics.connectionsRefused += 1;
    this.metrics.countEnded(limit);
    return new FlashError('BUSY', text, { hint: 'Try again in a moment, or close some.' });
  }

  /** Many connections that never log in must not keep those out that would. */
  #dropOldestLogin(): void {
    const { loginsMax } = this.#context.limits;
    const waiting = [...this.#connections].filter(({ isLoggingIn }) => isLoggingIn);
    if (waiting.length <= loginsMax) return;
    const error = new FlashError('BUSY', `More than ${loginsMax} clients are logging in`);
    loginToDrop(waiting)?.fail(error, 'logins');
  }

  /** Tells a client in plain frames why it is not served. */
  #refuse(socket: Socket, error: FlashError): void {
    this.metrics.countError(error.code);
    const pieces = new MessageWriter().encode(toErrorMessage(error, { fatal: true }), 0);
    socket.resume();
    for (const piece of pieces) socket.write(piece);
    socket.end();
    setTimeout(() => socket.destroy(), 1_000).unref();
  }

  #listScans(): readonly OpenScan[] {
    const scans: OpenScan[] = [];
    for (const { id, peer, scan } of this.#connections) {
      if (scan === undefined) continue;
      const { what, startedAtMs, rows, bytes } = scan;
      scans.push({ connection: id, peer, what, startedAtMs, rows, bytes });
    }
    return [...scans, ...(this.#http?.listScans() ?? [])];
  }

  #listRunning(): readonly RunningRequest[] {
    const running: RunningRequest[] = [];
    for (const { id, peer, running: active } of this.#connections) {
      if (active !== undefined) running.push({ id: `tcp-${id}-${active.streamId}`, peer, active });
    }
    return [...running, ...(this.#http?.listRunning() ?? [])];
  }
}

/** The oldest login of the address that has the most of them: other addresses feel nothing. */
function loginToDrop(oldestFirst: readonly Connection[]): Connection | undefined {
  const counts = new ClientCounts();
  for (const { address } of oldestFirst) counts.add(address);
  const most = Math.max(...oldestFirst.map(({ address }) => counts.of(address)));
  return oldestFirst.find(({ address }) => counts.of(address) === most);
}
