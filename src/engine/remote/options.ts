import { wireLimits } from '../../protocol/wire/index.js';

export interface RemoteEngineOptions {
  /** The server's token; undefined where it asks for none. */
  token?: string;
  /** PEM of the authority that signed the server's certificate, where the system does not know it. */
  ca?: string | Uint8Array;
  /** Name that the certificate is for, where it is not the host's. */
  serverName?: string;
  /** Program and version, for the server's log. */
  client?: string;
  /** Frame checksums. Default: on over tcp, off over tls, which has its own. */
  checksum?: boolean;
  timeouts?: Partial<RemoteTimeouts>;
  /** Bytes that a scan may have on the way and unread. */
  scanWindowBytes?: number;
  /** Connections at once; more scans wait. */
  connectionsMax?: number;
  frameBytesMax?: number;
}

/** Units: ms. */
export interface RemoteTimeouts {
  connectMs: number;
  /** Silence of a server that has something to say; it sends PROGRESS every second. */
  responseMs: number;
  /** How long a lost server is tried again. The first connection is tried once. */
  reconnectMs: number;
  /** How long a server at its limits is tried again. */
  busyMs: number;
  /** How long the outcome of a commit is asked for whose answer was lost. */
  resolveMs: number;
  /** How long the end of a cancelled request is waited for. */
  cancelMs: number;
  /** A connection that nobody used for so long is closed. */
  idleMs: number;
  /** A PING goes out so often while a connection is held and says nothing. */
  pingMs: number;
}

export interface ResolvedOptions extends Omit<RemoteEngineOptions, 'timeouts'> {
  client: string;
  timeouts: RemoteTimeouts;
  scanWindowBytes: number;
  connectionsMax: number;
  frameBytesMax: number;
}

const defaultTimeouts: RemoteTimeouts = {
  connectMs: 10_000,
  responseMs: 30_000,
  reconnectMs: 10_000,
  busyMs: 60_000,
  resolveMs: 60_000,
  cancelMs: 5_000,
  idleMs: 30_000,
  pingMs: 15_000,
};

/** Fills in the defaults. */
export function resolveOptions(options: RemoteEngineOptions): ResolvedOptions {
  return {
    ...options,
    client: options.client ?? 'theflash',
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    scanWindowBytes: options.scanWindowBytes ?? 16 * 1024 * 1024,
    connectionsMax: options.connectionsMax ?? 256,
    frameBytesMax: options.frameBytesMax ?? wireLimits.frameBytesMaxDefault,
  };
}
