import { EventDecoder, EventFramer, type BinlogEvent, type GtidEvent } from '../binlog/index.js';
import { FlashError } from '../protocol/index.js';
import type { NewestTransaction, WriterCheckpoint } from './checkpoint.js';
import { GtidSet } from './gtid-set.js';
import type { NamedLog } from './named-log.js';

/** What a log says of GTIDs: those before it, and its own. */
interface LogGtids {
  earlier: string;
  own: GtidSet;
  /** Where a transaction without a GTID stands. */
  anonymousOffset: number | undefined;
}

/**
 * Finds the log of another source in which the copy goes on, by GTIDs: the last one before which
 * nothing lies that the copy does not hold.
 *
 * Shape: its index. Reads all logs once, for their GTIDs alone.
 * Errors: SOURCE_MISMATCH where GTIDs do not prove that nothing is missing, or that the new source has
 * all that the copy holds; INVALID_REQUEST for a pipe.
 */
export async function findMovedLog(
  logs: readonly NamedLog[],
  { gtidSet, newest }: WriterCheckpoint,
): Promise<number> {
  const held = GtidSet.parse(gtidSet);
  if (held.isEmpty) throw unprovenError(logs, 'the copy holds no GTIDs');
  const all = GtidSet.parse('');
  // Two servers may have given one number of a domain to different transactions: the very GTID counts.
  const unseen = new Set(held.lastOfDomains());
  let found = -1;
  let first = '';
  for (const [index, log] of logs.entries()) {
    const { earlier, own, anonymousOffset } = await readGtids(log, unseen, newest);
    if (anonymousOffset !== undefined) {
      const where = `${log.name} at offset ${anonymousOffset}`;
      throw unprovenError(logs, `${where} holds a transaction without a GTID`);
    }
    if (index === 0) first = earlier;
    if (held.contains(earlier)) found = index;
    all.addText(earlier);
    all.addText(own.toString());
  }
  if (found < 0) {
    const lacking = held.missing(GtidSet.parse(first));
    throw unprovenError(
      logs,
      `${lacking} lies before the first of these logs, and the copy does not hold it`,
    );
  }
  const lost = [all.missing(held), ...unseen].filter((text) => text !== '').join(',');
  if (lost !== '') {
    throw unprovenError(
      logs,
      `the copy holds ${lost}, which these logs do not know: the new source lacks it`,
    );
  }
  return found;
}

async function readGtids(
  { name, input }: NamedLog,
  unseen: Set<string>,
  newest: NewestTransaction | undefined,
): Promise<LogGtids> {
  if (!input.canRewind) {
    throw new FlashError(
      'INVALID_REQUEST',
      '--source-moved reads the logs twice, and stdin can be read once',
      {
        hint: 'Save the log to a file, or name the place: --source-moved --from FILE:OFFSET.',
      },
    );
  }
  const gtids: LogGtids = { earlier: '', own: GtidSet.parse(''), anonymousOffset: undefined };
  const framer = new EventFramer(name);
  const decoder = new EventDecoder();
  for await (const chunk of input.chunks(0)) {
    for (const raw of framer.push(chunk)) {
      // Row events and compressed transactions need not be understood here.
      if (!gtidEventTypes.has(raw.header.type)) continue;
      for (const event of decoder.decode(raw)) {
        if (event.kind === 'gtid' && newest !== undefined) checkNewest(event, newest);
        noteGtid(event, gtids);
        if ('gtid' in event) unseen.delete(event.gtid ?? '');
        if ('gtidSet' in event) for (const gtid of event.gtidSet.split(',')) unseen.delete(gtid);
      }
    }
  }
  framer.finish();
  return gtids;
}

/**
 * A server that was put back, from a backup as of earlier, or whose logs were begun anew, gives numbers again that the
 * copy has of the history before.
 *
 * Errors: SOURCE_MISMATCH where the copy's newest transaction is another one here.
 */
function checkNewest(event: GtidEvent, newest: NewestTransaction): void {
  if (event.gtid !== newest.gtid || event.timeSeconds === newest.timeSeconds) return;
  const [here, held] = [event.timeSeconds, newest.timeSeconds].map((seconds) =>
    new Date(seconds * 1000).toISOString(),
  );
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${newest.gtid} is another transaction in ${event.file} at offset ${event.offset}, of ${here}, than the one that the copy holds, of ${held}: the source was put back to an earlier state, or its logs were begun anew, and it has given its numbers again`,
    {
      hint: 'The copy has changes that the source no longer has. Bring the database in anew, in another engine folder: theflash write --engine OTHER …, or with --dump.',
      place: { file: event.file, offset: event.offset },
    },
  );
}

/** FORMAT_DESCRIPTION, the GTID events of both servers, and what lists earlier ones. */
const gtidEventTypes: ReadonlySet<number> = new Set([15, 33, 34, 35, 42, 162, 163]);

function noteGtid(event: BinlogEvent, gtids: LogGtids): void {
  if (event.kind === 'gtid-list') gtids.earlier = event.gtidSet;
  if (event.kind !== 'gtid') return;
  if (event.gtid === undefined) gtids.anonymousOffset ??= event.offset;
  else gtids.own.addText(event.gtid);
}

function unprovenError(logs: readonly NamedLog[], problem: string): FlashError {
  return new FlashError(
    'SOURCE_MISMATCH',
    `GTIDs do not prove that the copy can go on in these logs: ${problem}`,
    {
      hint:
        'Give earlier logs of the new source, too. Where you know up to which place of them the copy holds all: ' +
        `--source-moved --from ${logs[0]?.name ?? 'binlog.000001'}:OFFSET. Else bring the database in anew with --dump, in another engine folder.`,
    },
  );
}
