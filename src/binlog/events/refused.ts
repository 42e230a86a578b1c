import type { EventHeader, OtherEvent } from '../event.js';
import { unsupportedError } from '../event-error.js';
import { eventTypeName } from '../event-types.js';

/** LOG_EVENT_IGNORABLE_F: a server that does not know the event may skip it. */
const ignorableFlag = 0x80;

/** Events that say nothing about rows: STOP, INTVAR, RAND, USER_VAR, HEARTBEAT, IGNORABLE, ROWS_QUERY, … */
const harmless = new Set([3, 5, 13, 14, 27, 28, 29, 36, 37, 41, 160, 161]);

const rowFormatHint =
  'Set binlog_format=ROW on the source, and start after this event from a new copy of the tables.';

/** Event type → why it can't be carried over, and what to do. */
const refused = new Map<number, { problem: string; hint: string }>([
  ...[6, 8, 9, 10, 11, 12, 17, 18].map((type): [number, { problem: string; hint: string }] => [
    type,
    {
      problem: 'a LOAD DATA in statement format, whose rows are not in the log',
      hint: rowFormatHint,
    },
  ]),
  ...[1, 7].map((type): [number, { problem: string; hint: string }] => [
    type,
    {
      problem: 'an event of a server before MySQL 5.0',
      hint: 'TheFlash reads logs of format version 4.',
    },
  ]),
  ...[20, 21, 22].map((type): [number, { problem: string; hint: string }] => [
    type,
    {
      // Their NULL bits are those of the source's record in memory: where they start, and which bits
      // of BIT columns stand between them, hangs on the table's row format, which the log does not tell.
      problem: 'row changes in the form of MySQL 5.1 before its release',
      hint: 'Replicate through a MySQL 5.1 or later server, and read its log.',
    },
  ]),
  [
    26,
    {
      problem: 'the source met an incident, and changes may be missing from its log',
      hint: 'Make a new copy of the tables from a point after this event.',
    },
  ],
  [
    164,
    {
      problem: 'all that follows in this file is encrypted',
      hint: 'Read it through its server: mariadb-binlog --read-from-remote-server --raw.',
    },
  ],
]);

/**
 * The event as one that says nothing about rows.
 *
 * Errors: `UNSUPPORTED` when it may say something: an event that TheFlash can't carry over, or one
 * that it does not know and that is not marked as ignorable.
 */
export function passHarmless(header: EventHeader): OtherEvent {
  const name = eventTypeName(header.type);
  const reason = refused.get(header.type);
  if (reason !== undefined)
    throw unsupportedError(header, `${name}: ${reason.problem}`, reason.hint);
  if (!harmless.has(header.type) && (header.flags & ignorableFlag) === 0) {
    throw unsupportedError(
      header,
      `an event of ${name}, which TheFlash does not know and may not skip`,
      'A newer TheFlash may read it. To go on without it, start after it from a new copy of the tables.',
    );
  }
  return { kind: 'other', name, ...header };
}
