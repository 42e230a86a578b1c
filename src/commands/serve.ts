import { stat } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import {
  copyFlags,
  copyOptions,
  type CopyFlags,
  engineFlags,
  FlashCommand,
  folderOptions,
  refuseSeveral,
  hidePasswords,
  parseSize,
  readEngineStatus,
  readSourceDefaults,
  sourceFlags,
  type SourceFlags,
  statusWarnings,
} from '../cli/index.js';
import { openEmbeddedEngine, type EmbeddedEngine } from '../engine/index.js';
import { startFollower, type Follower, type FollowOptions } from '../follow/index.js';
import { FlashError, type FollowedSource } from '../protocol/index.js';
import {
  Accounts,
  defaultLimits,
  openJsonLog,
  parseListenAddress,
  startServer,
  type FlashServer,
  type ServeOptions,
  type StatusReader,
  type Log,
} from '../server/index.js';
import { isServerUrl, parseServerUrl } from '../source/index.js';

/** What `--json` gives once the server has stopped. */
interface ServeSummary {
  host: string;
  port: number;
  connections: number;
  batchesCommitted: number;
  rowsSent: number;
}

export default class Serve extends FlashCommand {
  static override summary =
    'Serve an engine folder over TCP, and keep it true to a MySQL or MariaDB server.';

  static override description =
    'Runs until SIGTERM or Ctrl-C, which let running requests end. With --binlog it also follows a server, or a folder of logs, as ' +
    'write does: if that stops, reads go on, status says why, and it is tried again. SIGHUP reads token, certificate and users ' +
    'again. Logs go to stderr, one JSON object a line. An address that other machines can reach needs ' +
    'both a token and TLS. The protocol is in docs/protocol.md.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --engine ./theflash-data',
    '<%= config.bin %> <%= command.id %> --listen 0.0.0.0:9330 --token-file token --tls-cert cert.pem --tls-key key.pem',
    '<%= config.bin %> <%= command.id %> --http 127.0.0.1:8123 --token-file token',
    '<%= config.bin %> <%= command.id %> --binlog mysql://repl@db.example.com/ --password-file secret',
    '<%= config.bin %> <%= command.id %> --binlog /var/lib/mysql/',
    '<%= config.bin %> scan shop.orders --engine tcp://127.0.0.1:9330',
  ];

  static override flags = {
    ...engineFlags,
    ...sourceFlags,
    ...copyFlags,
    binlog: Flags.string({
      summary:
        'Follow this server, mysql://user@host/ (its tables first, then its changes), or a folder of logs.',
      helpValue: 'URL|DIR',
      isPath: true,
    }),
    listen: Flags.string({
      summary: 'Address and port; port 0 takes a free one.',
      helpValue: 'HOST:PORT',
      default: '127.0.0.1:9330',
    }),
    'token-file': Flags.string({
      summary: 'File with the token that clients must have.',
      helpValue: 'FILE',
      isPath: true,
    }),
    'users-file': Flags.string({
      summary:
        'File of users with rights to tables, JSON; its passwords by theflash hash-password.',
      helpValue: 'FILE',
      isPath: true,
    }),
    'audit-sql': Flags.boolean({
      summary: "Write statements' texts into the log, too, which may hold values of tables.",
      dependsOn: ['users-file'],
    }),
    'tls-cert': Flags.string({
      summary: 'Certificate chain, PEM.',
      helpValue: 'FILE',
      isPath: true,
      dependsOn: ['tls-key'],
    }),
    'tls-key': Flags.string({
      summary: "The certificate's key, PEM.",
      helpValue: 'FILE',
      isPath: true,
      dependsOn: ['tls-cert'],
    }),
    'allow-open-network': Flags.boolean({
      summary: 'Listen on a network without token or TLS: anybody who reaches the port gets in.',
    }),
    http: Flags.string({
      summary:
        "Serve ClickHouse's HTTP interface too, and a page at /status; the token is the password.",
      helpValue: 'HOST:PORT',
    }),
    'http-open': Flags.boolean({
      summary: 'Ask nobody for the token over HTTP: every program of this machine gets in.',
      dependsOn: ['http'],
    }),
    'metrics-listen': Flags.string({
      summary: 'Serve Prometheus metrics at http://HOST:PORT/metrics, and /healthz and /readyz.',
      helpValue: 'HOST:PORT',
    }),
    'source-lost-max-ms': Flags.integer({
      summary: 'How long the source may be away before /readyz says no.',
      min: 0,
      default: defaultLimits.sourceLostMsMax,
    }),
    'connections-max': Flags.integer({
      summary: 'Most connections at once.',
      min: 1,
      default: 1200,
    }),
    'connections-per-address-max': Flags.integer({
      summary: 'Most connections of one client address at once. Default: half of all.',
      min: 1,
    }),
    'receive-memory-max': Flags.custom<number>({
      helpValue: 'SIZE',
      parse: (text) => Promise.resolve(parseSize(text)),
      summary: 'Memory for what clients have sent and is not used yet, as 512MiB, its default.',
      default: defaultLimits.receiveBytesMax,
    })(),
    'statement-timeout-ms': Flags.integer({
      summary: 'Longest that a statement may run or wait for its turn; 0 for ever.',
      min: 0,
      default: 0,
    }),
    'write-data-timeout-ms': Flags.integer({
      summary: 'How long a write may be open without data: others wait for it; 0 for ever.',
      min: 0,
      default: defaultLimits.writeDataTimeoutMs,
    }),
    'drain-timeout-ms': Flags.integer({
      summary: 'How long running requests may go on when the server stops.',
      min: 0,
      default: 30_000,
    }),
  };

  async run(): Promise<ServeSummary> {
    const { flags } = await this.parse(Serve);
    this.sourceName = flags.source;
    const log = openJsonLog((line) => process.stderr.write(line));
    const options = serveOptions(flags, this.config.version, log);
    refuseSeveral(flags.engine);
    if (flags.engine.includes('://')) throw refuseLocation(flags.engine);
    const followed = await followOptions(flags);
    const { 'users-file': usersFile } = flags;
    const accounts = usersFile === undefined ? undefined : await Accounts.open(usersFile);
    const signal = this.interruptSignal();
    const hangups = reloadAtHangup(log);
    const engine = await openEmbeddedEngine(flags.engine, {
      create: true,
      hasGuest: followed !== undefined,
      ...folderOptions(flags),
      ...(accounts === undefined ? {} : { rights: accounts.rights }),
    });
    try {
      let follower: Follower | undefined;
      const listSources = (): FollowedSource[] =>
        follower === undefined ? [] : [{ state: follower.state(), figures: follower.figures }];
      try {
        const readStatus = statusReader(engine);
        const server = await startServer(engine, {
          ...{ ...options, listSources, readStatus },
          ...(accounts === undefined ? {} : { accounts }),
        });
        hangups.attach(server);
        // A server that can't listen has not begun to write.
        if (followed !== undefined) follower = follow(engine, followed, log);
        if (!this.jsonEnabled()) {
          this.log(`sandbox: ${(await engine.info()).sandbox}`);
          if (server.httpUrl !== undefined) this.log(`HTTP at ${server.httpUrl}`);
          this.log(`Listening on ${server.host}:${server.port}`);
        }
        await serveUntil(signal, server, follower);
        const { connections, batchesCommitted, rowsSent } = server.metrics;
        return { host: server.host, port: server.port, connections, batchesCommitted, rowsSent };
      } finally {
        await follower?.stop();
      }
    } finally {
      await engine.close();
      hangups.stop();
    }
  }
}

/** What `--binlog` and its flags come to. Errors: INVALID_REQUEST. */
async function followOptions(
  flags: CopyFlags & SourceFlags & { binlog?: string | undefined },
): Promise<FollowOptions | undefined> {
  const { binlog: source } = flags;
  const writer = copyOptions(flags);
  if (source === undefined) return undefined;
  hidePasswords();
  const defaults = await readSourceDefaults(flags);
  if (isServerUrl(source)) parseServerUrl(source, defaults);
  else if (!(await isFolder(source))) {
    throw new FlashError(
      'INVALID_REQUEST',
      `serve follows a running server or a folder, not ${source}`,
      {
        hint: 'Give --binlog mysql://user@host/, mariadb://user@host/, or the folder of the logs. Single files are written by theflash write.',
      },
    );
  }
  const sourceName = flags.source;
  return {
    source,
    sourceName,
    defaults,
    serverId: flags['server-id'],
    load: !flags['no-load'],
    writer,
  };
}

async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true;
}

/** What the page tells of the engine is what `theflash status` tells. */
function statusReader(engine: EmbeddedEngine): StatusReader {
  return async () => {
    const status = await readEngineStatus(engine, null);
    return { status, warnings: statusWarnings(status) };
  };
}

function follow(engine: EmbeddedEngine, options: FollowOptions, log: Log): Follower {
  return startFollower(engine, options, {
    onNote: (message) => {
      log('info', 'source', { message });
    },
    onStopped: ({ code, message, hint }, retryAtMs) => {
      const retryAt = retryAtMs === undefined ? 'never' : new Date(retryAtMs).toISOString();
      log('error', 'source-stopped', { code, message, hint, retryAt });
    },
  });
}

function serveOptions(
  flags: {
    listen: string;
    'token-file'?: string | undefined;
    'tls-cert'?: string | undefined;
    'tls-key'?: string | undefined;
    'allow-open-network': boolean;
    'audit-sql': boolean;
    http?: string | undefined;
    'http-open': boolean;
    'metrics-listen'?: string | undefined;
    'source-lost-max-ms': number;
    'connections-max': number;
    'connections-per-address-max'?: number | undefined;
    'receive-memory-max': number;
    'statement-timeout-ms': number;
    'write-data-timeout-ms': number;
    'drain-timeout-ms': number;
  },
  version: string,
  log: Log,
): ServeOptions {
  const { 'token-file': tokenFile, 'tls-cert': certFile, 'tls-key': keyFile } = flags;
  const { http, 'http-open': isOpen, 'metrics-listen': metrics } = flags;
  return {
    ...parseListenAddress(flags.listen),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    allowOpenNetwork: flags['allow-open-network'],
    ...(http === undefined ? {} : { http: { ...parseListenAddress(http), isOpen } }),
    ...(metrics === undefined ? {} : { metrics: parseListenAddress(metrics) }),
    auditSql: flags['audit-sql'],
    version,
    limits: {
      sourceLostMsMax: flags['source-lost-max-ms'],
      connectionsMax: flags['connections-max'],
      connectionsPerAddressMax:
        flags['connections-per-address-max'] ?? Math.ceil(flags['connections-max'] / 2),
      receiveBytesMax: flags['receive-memory-max'],
      writeDataTimeoutMs: flags['write-data-timeout-ms'],
      statementTimeoutMsMax: flags['statement-timeout-ms'],
      drainTimeoutMs: flags['drain-timeout-ms'],
    },
    log,
  };
}

/** Serves until the signal fires. */
async function serveUntil(
  signal: AbortSignal,
  server: FlashServer,
  follower: Follower | undefined,
): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
  await Promise.all([server.close(), follower?.stop()]);
}

/**
 * Reloads at each SIGHUP; a failed reload changes nothing. One that comes while the server starts, and would end the
 * process, is made good by `attach`.
 */
function reloadAtHangup(log: Log): { attach: (server: FlashServer) => void; stop: () => void } {
  let server: FlashServer | undefined;
  let isMissed = false;
  const reload = (): void => {
    isMissed = server === undefined;
    server?.reload().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const { code, hint } = error instanceof FlashError ? error : {};
      log('error', 'reload-failed', { code, message, hint });
    });
  };
  process.on('SIGHUP', reload);
  return {
    attach: (started) => {
      server = started;
      if (isMissed) reload();
    },
    stop: () => {
      process.off('SIGHUP', reload);
    },
  };
}

function refuseLocation(location: string): FlashError {
  return new FlashError('INVALID_REQUEST', `A server serves a folder, not ${location}`, {
    hint: 'Give --engine a folder of this machine.',
  });
}
