import { FlashError, type Engine } from '../protocol/index.js';
import { openTableServer, readServerEnd, type AddressDefaults } from '../source/index.js';
import { checkpointSource, parseCheckpoint } from '../writer/index.js';

/** How far a copy is from where its source is now. */
export interface SourceLag {
  /** As `mysql://repl@db:3306/`: without a password. */
  source: string;
  serverVersion: string;
  /** Where the source's log ends now. */
  position: { file: string; offset: number };
  /** Bytes of its logs that the copy has not applied. */
  bytes: number;
  /** 0 where nothing is left; else how long ago the source committed the newest transaction that readers see. Null where that is not known. */
  seconds: number | null;
}

/**
 * Asks a source where its log ends, and holds the copy against it.
 *
 * Errors: those of the server; INVALID_REQUEST where there is no copy; SOURCE_MISMATCH where the source has no such log.
 */
export async function readSourceLag(
  engine: Engine,
  url: string,
  defaults: AddressDefaults,
): Promise<SourceLag> {
  const stored = await engine.readCheckpoint(checkpointSource);
  if (stored === undefined) {
    throw new FlashError('INVALID_REQUEST', `${engine.location} holds no copy`, {
      hint: `Make one: theflash write --binlog ${url} --engine DIR.`,
    });
  }
  const { position: copy, sourceTimeMs } = parseCheckpoint(stored);
  const server = await openTableServer(url, { defaults });
  try {
    const end = await readServerEnd(server, copy);
    if (end === undefined) {
      throw new FlashError(
        'SOURCE_MISMATCH',
        `${server.location} has no log ${copy.file}, up to which the copy is`,
        {
          hint: 'Is that the server that the copy was made from? If it purged its logs: theflash write --binlog URL says how the copy goes on.',
        },
      );
    }
    const { position, bytes } = end;
    const age = sourceTimeMs > 0 ? Math.max(0, (Date.now() - sourceTimeMs) / 1000) : null;
    const seconds = bytes === 0 ? 0 : age;
    return { source: server.url, serverVersion: server.version, position, bytes, seconds };
  } finally {
    server.close();
  }
}
