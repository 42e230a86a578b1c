import { ByteReader } from '../byte-reader.js';
import { formatError } from '../event-error.js';
import type { EventHeader } from '../event.js';
import { eventTypeName } from '../event-types.js';
import { eventSizeMaxBytes } from '../framing/event-size.js';
import { PendingBytes } from '../framing/pending-bytes.js';
import { headerBytes, readEventSize, readHeader, type RawEvent } from '../framing/raw-event.js';
import { rowsKinds } from './rows.js';

/** FL_ORIG_EVENT_SIZE: the size of the whole rows event follows. */
const sizeFlag = 0x1;

/** A group of fragments that has begun. */
interface Group {
  /** Whether the sequence number is the first of the two counters. */
  sequenceFirst: boolean;
  total: number;
  /** Fragments taken. */
  taken: number;
  /** Size of the whole event, where the group tells it. */
  sizeBytes: number | undefined;
}

/**
 * Puts rows events together that MariaDB 12.3 split over several PARTIAL_ROW_DATA (172).
 *
 *     +----------+----------+-------+------------------+----------------------------------+
 *     | fragments| sequence | flags | if flag 1: size  | a part of the rows event, which  |
 *     | in all   | no from 1|       | of the whole     | starts with its own header of 19 |
 *     | 4        | 4        | 1     | 8                | bytes and has no checksum        |
 *     +----------+----------+-------+------------------+----------------------------------+
 *
 * MariaDB's manual has the two counters in this order, the header comment of its source in the
 * other. A group's first fragment tells: its sequence number is 1, and there are more than one.
 * Guarantee: fragments are taken in order only, and memory grows with their bytes up to the largest
 * event that is read, whatever size they claim.
 * Errors: `BINLOG_FORMAT` for fragments out of order, of another size than stated, or of what is no
 * rows event.
 * Source: MariaDB 12.3 sql/log_event.h, Partial_rows_log_event.
 */
export class RowsAssembler {
  private readonly pending = new PendingBytes();
  private group: Group | undefined;

  /**
   * Takes a fragment; gives the whole event with the last one, else undefined.
   *
   * Owns: the event's body is valid until the next fragment is taken.
   */
  add(header: EventHeader, body: Uint8Array): RawEvent | undefined {
    const reader = new ByteReader(body, header);
    const counters: readonly [number, number] = [reader.u32(), reader.u32()];
    const flags = reader.u8();
    if (flags > sizeFlag) throw reader.damaged(`a fragment with the flags ${flags}`);
    const sizeBytes = (flags & sizeFlag) === 0 ? undefined : reader.size64();
    const group = this.group ?? begin(reader, counters, sizeBytes);
    this.group = group;
    const [sequence, total] = group.sequenceFirst ? counters : [counters[1], counters[0]];
    if (sequence !== group.taken + 1 || total !== group.total) {
      throw reader.damaged(
        `fragment ${sequence} of ${total} of a row where ${group.taken + 1} of ${group.total} must stand`,
      );
    }
    this.take(reader, group);
    return group.taken === group.total ? this.finish(header, group) : undefined;
  }

  /**
   * Says that another event comes.
   *
   * Errors: `BINLOG_FORMAT` inside a group.
   */
  expectNone(header: EventHeader): void {
    if (this.group === undefined) return;
    throw formatError(
      header,
      `${eventTypeName(header.type)} where fragment ${this.group.taken + 1} of ${this.group.total} of a row must stand`,
    );
  }

  private take(reader: ByteReader, group: Group): void {
    const part = reader.rest();
    const bound = Math.min(group.sizeBytes ?? eventSizeMaxBytes, eventSizeMaxBytes);
    if (part.length > bound - this.pending.length) {
      throw reader.damaged(`fragments of a row that pass ${bound} bytes`);
    }
    this.pending.fillTo(this.pending.length + part.length, part, 0);
    group.taken += 1;
  }

  private finish(outer: EventHeader, group: Group): RawEvent {
    const { bytes, view, length } = this.pending;
    this.group = undefined;
    const size = length < headerBytes ? 0 : readEventSize(view, 0);
    if (size !== length || (group.sizeBytes ?? length) !== length) {
      throw formatError(
        outer,
        `a rows event of ${length} bytes in fragments, which is not its size`,
      );
    }
    const { type, flags } = readHeader(view, 0, outer.file, outer.offset);
    if (!rowsKinds.has(type)) {
      throw formatError(outer, `fragments of ${eventTypeName(type)}, which is no rows event`);
    }
    this.pending.clear();
    return { header: { ...outer, type, flags }, body: bytes.subarray(headerBytes, length) };
  }
}

function begin(
  reader: ByteReader,
  [first, second]: readonly [number, number],
  sizeBytes: number | undefined,
): Group {
  if (Math.min(first, second) !== 1) {
    throw reader.damaged(`a row that begins with fragment ${first}, ${second}`);
  }
  return { sequenceFirst: first === 1, total: Math.max(first, second), taken: 0, sizeBytes };
}
