import type { EventHeader, TableMapEvent } from '../event.js';
import { decodeTableMap } from './table-map.js';

/** Maps kept. A log with more tables at a time only loses speed. */
const mapsMax = 4096;

/**
 * Decodes TABLE_MAPs, and gives the last one of a table id again when its bytes are the same: every
 * statement repeats it.
 */
export class TableMapCache {
  private readonly maps = new Map<number, { body: Uint8Array; event: TableMapEvent }>();

  decode(header: EventHeader, body: Uint8Array, tableIdBytes: 4 | 6): TableMapEvent {
    const key = cacheKey(body);
    const known = this.maps.get(key);
    if (known !== undefined && Buffer.compare(known.body, body) === 0) {
      const { tableId, database, table, columns, primaryKey } = known.event;
      return { kind: 'table-map', tableId, database, table, columns, primaryKey, ...header };
    }
    const event = decodeTableMap(header, body, tableIdBytes);
    if (this.maps.size >= mapsMax) this.maps.clear();
    this.maps.set(key, { body: body.slice(), event });
    return event;
  }
}

/** The low bytes of the table id; two ids with one key only push each other out. */
function cacheKey(body: Uint8Array): number {
  return (body[0] ?? 0) | ((body[1] ?? 0) << 8) | ((body[2] ?? 0) << 16);
}
