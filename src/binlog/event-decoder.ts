import type { BinlogEvent, EventHeader, FormatDescriptionEvent } from './event.js';
import { formatError } from './event-error.js';
import { eventTypeName, eventTypes } from './event-types.js';
import { decodeFormatDescription } from './events/format-description.js';
import { decodeGtidTagged } from './events/gtid-tagged.js';
import { decodeGtid } from './events/gtid.js';
import { decodeMariadbGtid, decodeMariadbGtidList } from './events/mariadb-gtid.js';
import { RowsAssembler } from './events/partial-row-data.js';
import { decodePreviousGtids } from './events/previous-gtids.js';
import { decodeCompressedQuery, decodeQuery } from './events/query.js';
import { passHarmless } from './events/refused.js';
import { decodeRotate } from './events/rotate.js';
import { decodeRows, rowsKinds } from './events/rows.js';
import { TableMapCache } from './events/table-map-cache.js';
import { unpackTransaction } from './events/transaction-payload.js';
import { decodeXaPrepare } from './events/xa-prepare.js';
import { decodeXid } from './events/xid.js';
import type { RawEvent } from './framing/raw-event.js';

/**
 * Turns raw events into what they say. Keeps what one event says about how to read later ones, so
 * one decoder reads one log, or one chain of logs, in order.
 *
 * Owns: byte fields of an event are views of the raw one.
 * Errors: `UNSUPPORTED` for events that can't be carried over, `BINLOG_FORMAT` for damaged ones.
 */
export class EventDecoder {
  /** Table ids have 4 bytes before MySQL 5.1.4; the post-header size tells. */
  private tableMapIdBytes: 4 | 6 = 6;
  private rowsIdBytes: 4 | 6 = 6;
  private readonly tableMaps = new TableMapCache();
  private readonly assembler = new RowsAssembler();

  /**
   * The events that a raw one stands for: itself, or those of a compressed transaction. Take all.
   *
   * Guarantee: the `columns` of two table maps are the same object while the table's map is the same.
   */
  decode(raw: RawEvent): Iterable<BinlogEvent> {
    if (raw.header.type === eventTypes.transactionPayload) return this.decodeTransaction(raw);
    return [this.decodeOne(raw)];
  }

  private *decodeTransaction(raw: RawEvent): Generator<BinlogEvent, void, undefined> {
    for (const inner of unpackTransaction(raw.header, raw.body)) {
      if (inner.header.type === eventTypes.transactionPayload) {
        throw formatError(raw.header, 'a compressed transaction holds another one');
      }
      yield this.decodeOne(inner);
    }
  }

  private decodeOne({ header, body }: RawEvent): BinlogEvent {
    if (header.type === eventTypes.partialRowData) return this.decodeFragment(header, body);
    this.assembler.expectNone(header);
    const rows = rowsKinds.get(header.type);
    if (rows !== undefined) return decodeRows(header, body, rows, this.rowsIdBytes);
    switch (header.type) {
      case eventTypes.tableMap:
        return this.tableMaps.decode(header, body, this.tableMapIdBytes);
      case eventTypes.query:
        return decodeQuery(header, body);
      case eventTypes.xid:
        return decodeXid(header, body);
      case eventTypes.gtid:
      case eventTypes.anonymousGtid:
        return decodeGtid(header, body);
      case eventTypes.gtidTagged:
        return decodeGtidTagged(header, body);
      case eventTypes.mariadbGtid:
        return decodeMariadbGtid(header, body);
      case eventTypes.rotate:
        return decodeRotate(header, body);
      case eventTypes.formatDescription:
        return this.decodeFormat(header, body);
      case eventTypes.previousGtids:
        return decodePreviousGtids(header, body);
      case eventTypes.mariadbGtidList:
        return decodeMariadbGtidList(header, body);
      case eventTypes.xaPrepare:
        return decodeXaPrepare(header, body);
      case eventTypes.queryCompressed:
        return decodeCompressedQuery(header, body);
      default:
        return passHarmless(header);
    }
  }

  /** A fragment says nothing about rows by itself: the last one stands for the whole rows event. */
  private decodeFragment(header: EventHeader, body: Uint8Array): BinlogEvent {
    const whole = this.assembler.add(header, body);
    if (whole !== undefined) return this.decodeOne(whole);
    return { kind: 'other', name: eventTypeName(header.type), ...header };
  }

  private decodeFormat(header: EventHeader, body: Uint8Array): FormatDescriptionEvent {
    const event = decodeFormatDescription(header, body);
    const idBytes = (type: number): 4 | 6 => (event.postHeaderBytes[type - 1] === 6 ? 4 : 6);
    this.tableMapIdBytes = idBytes(eventTypes.tableMap);
    this.rowsIdBytes = idBytes(eventTypes.writeRowsV1);
    return event;
  }
}
