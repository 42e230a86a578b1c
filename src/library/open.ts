import {
  openEmbeddedEngine,
  type EmbeddedEngine,
  type EmbeddedEngineOptions,
} from '../engine/index.js';
import {
  openRemoteEngine,
  type RemoteEngine,
  type RemoteEngineOptions,
  type RemoteTimeouts,
} from '../engine/remote/index.js';
import {
  aCount,
  aFlag,
  aFunction,
  anObject,
  aSignal,
  aText,
  checkArgument,
  checkOptions,
  FlashError,
  listOf,
  objectOf,
  oneOf,
  type ArgumentCheck,
  type OptionShape,
  type Source,
} from '../protocol/index.js';
import {
  openSource as openAnySource,
  type FilesOptions,
  type OpenSourceOptions,
} from '../source/index.js';

const engineOptions: OptionShape<EmbeddedEngineOptions> = {
  create: aFlag,
  memoryBytesMax: aCount(1),
  queryMemoryBytesMax: aCount(1),
  scansMax: aCount(1),
  allowExternal: aFlag,
  allowBroken: aFlag,
  sandbox: oneOf('auto', 'require', 'off'),
  allowPaths: listOf(objectOf('openEngine allowPaths', { path: aText, readOnly: aFlag })),
  rights: listOf(
    objectOf('openEngine rights', {
      role: aText,
      kind: oneOf('read', 'write'),
      database: aText,
      table: aText,
    }),
  ),
  hasGuest: aFlag,
};

const timeouts: OptionShape<RemoteTimeouts> = {
  connectMs: aCount(0),
  responseMs: aCount(0),
  reconnectMs: aCount(0),
  busyMs: aCount(0),
  resolveMs: aCount(0),
  cancelMs: aCount(0),
  idleMs: aCount(0),
  pingMs: aCount(0),
};

const textOrBytes: ArgumentCheck = (value) =>
  value instanceof Uint8Array ? undefined : aText(value);

const remoteOptions: OptionShape<RemoteEngineOptions> = {
  token: aText,
  ca: textOrBytes,
  serverName: aText,
  client: aText,
  checksum: aFlag,
  timeouts: objectOf('connect timeouts', timeouts),
  scanWindowBytes: aCount(1),
  connectionsMax: aCount(1),
  frameBytesMax: aCount(1),
};

const filesOptions: OptionShape<FilesOptions> = {
  follow: aFlag,
  untilNow: aFlag,
  onNote: aFunction,
};

const liveOptions: OptionShape<NonNullable<OpenSourceOptions['live']>> = {
  defaults: anObject(),
  follow: aFlag,
  serverId: aCount(1),
  onNote: aFunction,
  onLink: aFunction,
};

const sourceOptions: OptionShape<OpenSourceOptions> = {
  stdin: anObject('read'),
  stdinName: aText,
  signal: aSignal,
  live: objectOf('openSource live', liveOptions),
  files: objectOf('openSource files', filesOptions),
};

/**
 * Opens the engine of a folder, in this process.
 *
 * Errors: INVALID_REQUEST for arguments that are not as declared; TOOL where ch.so is missing, IN_USE with the process
 * that has the folder, DENIED, NOT_FOUND, BROKEN_DATA.
 */
export async function openEngine(
  folder: string,
  options: EmbeddedEngineOptions = {},
): Promise<EmbeddedEngine> {
  checkArgument('openEngine', 'the folder', folder, aText);
  checkOptions('openEngine', options, engineOptions);
  return openEmbeddedEngine(folder, options);
}

/**
 * Opens the engine of a server: `tcp://host:port`, or `tls://host:port`.
 *
 * Errors: INVALID_REQUEST for arguments that are not as declared; CONNECTION where there is none; AUTH, VERSION, PROTOCOL
 * where it is not for us.
 */
export async function connect(
  location: string,
  options: RemoteEngineOptions = {},
): Promise<RemoteEngine> {
  checkArgument('connect', 'the location', location, aText);
  checkOptions('connect', options, remoteOptions);
  return openRemoteEngine(location, options);
}

/**
 * Opens logs: files in the server's order, one folder of them, `-` for stdin, or the URL of a running server.
 *
 * Owns: the caller closes it, where it can be closed.
 * Errors: NOT_FOUND, DENIED for paths; INVALID_REQUEST for arguments that are not as declared, a mix, an unknown kind or a
 * wrong order; SOURCE_MISMATCH where a log is missing between two of them; CANCELLED by the signal; those of a server.
 */
export async function openSource(
  specs: readonly string[],
  options: OpenSourceOptions = {},
): Promise<Source> {
  checkArgument('openSource', 'the list of logs', specs, listOf(aText));
  if (specs.length === 0) {
    throw new FlashError('INVALID_REQUEST', 'openSource: the list of logs is empty', {
      hint: "Give files in order, one folder of logs, '-' for stdin, or mysql://user@host/.",
    });
  }
  checkOptions('openSource', options, sourceOptions);
  if (options.signal?.aborted === true) throw new FlashError('CANCELLED', 'openSource was ended.');
  return openAnySource(specs, options);
}
