import { FlashError, type Engine } from '../protocol/index.js';
import {
  openTableServer,
  readServerEnd,
  type AddressDefaults,
  type TableServer,
} from '../source/index.js';
import { checkpointSource, GtidSet, parseCheckpoint } from '../writer/index.js';

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
  const { position: copy, gtidSet, sourceTimeMs } = parseCheckpoint(stored);
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
    await checkSeries(server, gtidSet);
    const { position, bytes, logBytes } = end;
    if (copy.offset > logBytes) {
      throw begunAnew(server, `${copy.file} is shorter than the one that the copy has read`);
    }
    const age = sourceTimeMs > 0 ? Math.max(0, (Date.now() - sourceTimeMs) / 1000) : null;
    const seconds = bytes === 0 ? 0 : age;
    return { source: server.url, serverVersion: server.version, position, bytes, seconds };
  } finally {
    server.close();
  }
}

/** Errors: SOURCE_MISMATCH where the copy holds transactions that the source does not know of. */
async function checkSeries(server: TableServer, gtidSet: string): Promise<void> {
  if (gtidSet === '') return;
  const held = GtidSet.parse(gtidSet);
  const isMariadb = held.isFrom('mariadb');
  const [[executed = ''] = []] = await server.query(
    `SELECT @@GLOBAL.${isMariadb ? 'gtid_binlog_pos' : 'gtid_executed'}`,
  );
  const known = GtidSet.parse(executed);
  const unknown = isMariadb ? known.lacksOfKnown(held) : known.missing(held);
  if (unknown !== '')
    throw begunAnew(server, `it does not know of ${unknown}, which the copy holds`);
}

function begunAnew({ location }: TableServer, reason: string): FlashError {
  return new FlashError(
    'SOURCE_MISMATCH',
    `${location} has begun its logs anew, or is another server than the copy was made from: ${reason}`,
    { hint: 'theflash write --binlog URL says how the copy goes on.' },
  );
}
