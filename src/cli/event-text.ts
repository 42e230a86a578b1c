import {
  rowsAsObjects,
  schemaFromTableMap,
  type BinlogEvent,
  type RowChange,
  type RowObject,
  type RowsEvent,
  type RowValue,
  type TableMapEvent,
} from '../binlog/index.js';
import { escapeControls } from './format/display-width.js';

/**
 * An event as `theflash binlog` shows it.
 *
 * Shape: `rows` is there for row events whose columns the log names; `note` says why it is not.
 * Units: `offset` in bytes; `time` ISO 8601, UTC.
 */
export interface ShownEvent {
  file: string;
  offset: number;
  time: string;
  kind: string;
  details: Readonly<Record<string, string | number | boolean>>;
  rows?: readonly RowChange[];
  note?: string;
}

/** Turns events into what is shown of them. Keeps the table maps that row events refer to. */
export class EventView {
  readonly #tableMaps = new Map<bigint, TableMapEvent>();

  /** Errors: those of the value decoders. */
  show(event: BinlogEvent): ShownEvent {
    const { file, offset, kind } = event;
    const time = new Date(event.timeSeconds * 1000).toISOString().replace('.000', '');
    const shown = { file, offset, time, kind, details: this.#details(event) };
    if (event.kind === 'table-map') this.#tableMaps.set(event.tableId, event);
    return event.kind === 'rows' ? { ...shown, ...this.#rows(event) } : shown;
  }

  #rows(event: RowsEvent): Pick<ShownEvent, 'rows' | 'note'> {
    const tableMap = this.#tableMaps.get(event.tableId);
    if (tableMap === undefined) return { note: 'the log holds no TABLE_MAP for this table id' };
    const schema = schemaFromTableMap(tableMap);
    if (schema === undefined) {
      return { note: 'the log does not name the columns (binlog_row_metadata=MINIMAL)' };
    }
    return { rows: rowsAsObjects(tableMap, schema, event) };
  }

  #details(event: BinlogEvent): ShownEvent['details'] {
    switch (event.kind) {
      case 'format-description':
        return { server: event.serverVersion, checksum: event.checksum };
      case 'rotate':
        return { nextFile: event.nextFile, nextOffset: event.nextOffset };
      case 'query':
        return { database: event.database, sql: event.sql, errorCode: event.errorCode };
      case 'gtid':
        return { gtid: event.gtid ?? 'anonymous' };
      case 'gtid-list':
        return { gtidSet: event.gtidSet };
      case 'xid':
        return { xid: String(event.xid) };
      case 'xa-prepare':
        return { xid: event.xid, onePhase: event.onePhase };
      case 'table-map':
        return { table: `${event.database}.${event.table}`, tableId: String(event.tableId) };
      case 'rows':
        return { change: event.change, table: this.#nameOf(event), bytes: event.rows.length };
      case 'other':
        return { name: event.name };
    }
  }

  #nameOf(event: RowsEvent): string {
    const map = this.#tableMaps.get(event.tableId);
    return map === undefined ? `id ${String(event.tableId)}` : `${map.database}.${map.table}`;
  }
}

/** The event as one line of JSON: 64-bit integers as strings, bytes as `0x` and hex. */
export function eventJson(event: ShownEvent): string {
  return `${JSON.stringify(event, (_, value: unknown) => plainValue(value))}\n`;
}

/** The event as text: a line for it, and one for each image of a row. */
export function eventText(event: ShownEvent): string {
  const details = Object.entries(event.details).map(
    ([name, value]) => `${name}=${escapeControls(String(value))}`,
  );
  const lines = [`${event.file}:${event.offset} ${event.time} ${event.kind} ${details.join(' ')}`];
  if (event.note !== undefined) lines.push(`  rows not shown: ${event.note}`);
  for (const { change, before, after } of event.rows ?? []) {
    if (before !== undefined)
      lines.push(`  ${change === 'update' ? '-' : 'delete'} ${rowText(before)}`);
    if (after !== undefined)
      lines.push(`  ${change === 'update' ? '+' : 'insert'} ${rowText(after)}`);
  }
  return `${lines.join('\n')}\n`;
}

function rowText(row: RowObject): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(' ');
}

function valueText(value: RowValue): string {
  if (value === null) return 'NULL';
  const plain = plainValue(value);
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(plain);
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Uint8Array)) return value;
  return `0x${Buffer.from(value).toString('hex').toUpperCase()}`;
}
