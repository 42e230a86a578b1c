/**
 * The events that a binary log is made of, as far as TheFlash tells them apart.
 * Numbers: MySQL 9.7 libs/mysql/binlog/event/binlog_event.h, Log_event_type; MariaDB 10.11 sql/log_event.h.
 */

import type { QueryStatus } from './events/query-status.js';

/** What stands before every event (v4 common header), and where the event lies. */
export interface EventHeader {
  /** Seconds since 1970, UTC, on the server that wrote the event. */
  timeSeconds: number;
  /** Event type number, as in the server's Log_event_type. */
  type: number;
  serverId: number;
  /** LOG_EVENT_*_F bits. */
  flags: number;
  /** Base name of the log file. */
  file: string;
  /** Byte offset of the event's header in `file`. */
  offset: number;
  /**
   * Byte offset after the event, where reading can go on. Events inside a compressed transaction
   * have the offsets of the TRANSACTION_PAYLOAD event that holds them.
   */
  endOffset: number;
}

export interface FormatDescriptionEvent extends EventHeader {
  kind: 'format-description';
  serverVersion: string;
  flavor: 'mysql' | 'mariadb';
  checksum: 'none' | 'crc32';
  /** Size of each event type's fixed part; type 1 stands at index 0. */
  postHeaderBytes: Uint8Array;
}

export interface RotateEvent extends EventHeader {
  kind: 'rotate';
  nextFile: string;
  nextOffset: number;
}

export interface QueryEvent extends EventHeader, QueryStatus {
  kind: 'query';
  database: string;
  /** The statement, decoded by the client charset of the event's status variables. */
  sql: string;
  /** MySQL error number that the statement ended with on the source; 0 for success. */
  errorCode: number;
}

/** MySQL GTID (33), anonymous (34) or tagged (42), and MariaDB GTID (162). Opens a transaction. */
export interface GtidEvent extends EventHeader {
  kind: 'gtid';
  /** `uuid:n`, `uuid:tag:n`, `domain-server-n`, or undefined for an anonymous one. */
  gtid: string | undefined;
  /** MariaDB only: the transaction has no COMMIT of its own (FL_STANDALONE: a DDL). */
  standalone: boolean;
  /** MariaDB only: the transaction ends with an XA PREPARE; no XA START is logged. */
  preparesXa?: true;
}

/** MySQL PREVIOUS_GTIDS (35) and MariaDB GTID_LIST (163): what earlier files of the source hold. */
export interface GtidListEvent extends EventHeader {
  kind: 'gtid-list';
  gtidSet: string;
}

export interface XidEvent extends EventHeader {
  kind: 'xid';
  xid: bigint;
}

/** XA PREPARE, or a one-phase XA COMMIT when `onePhase`. */
export interface XaPrepareEvent extends EventHeader {
  kind: 'xa-prepare';
  /** The XID as text, as it stands in XA statements: X'6767',X'6262',1. */
  xid: string;
  onePhase: boolean;
}

/** A column as TABLE_MAP describes it. What the log does not say is undefined. */
export interface TableMapColumn {
  /** Type code as in the log, with ENUM, SET and long CHAR taken out of the STRING metadata. */
  typeCode: number;
  /** The type's metadata: length bytes, fraction digits, precision << 8 | scale, … */
  metadata: number;
  nullable: boolean;
  unsigned: boolean | undefined;
  /** Collation number of a character, ENUM or SET column. */
  collation: number | undefined;
  name: string | undefined;
  /** Members of an ENUM or SET. */
  members: readonly string[] | undefined;
  visible: boolean | undefined;
}

export interface TableMapEvent extends EventHeader {
  kind: 'table-map';
  tableId: bigint;
  database: string;
  table: string;
  columns: readonly TableMapColumn[];
  /** Column indexes of the primary key, in key order; undefined where the log does not say. */
  primaryKey: readonly number[] | undefined;
}

export interface RowsEvent extends EventHeader {
  kind: 'rows';
  change: 'insert' | 'update' | 'delete';
  tableId: bigint;
  /** STMT_END_F: the last rows event of its statement; table ids are forgotten after it. */
  endOfStatement: boolean;
  /** False where foreign_key_checks was off, and for rows that a foreign key changed itself. */
  foreignKeyChecks: boolean;
  /** What foreign keys did to child rows is in the log, in events of its own. */
  logsForeignKeys: boolean;
  columnCount: number;
  /** Bitmap of the columns in the image before the change (delete, update), or of the inserted one. */
  present: Uint8Array;
  /** Update only: bitmap of the columns in the image after the change. */
  presentAfter: Uint8Array | undefined;
  /** The rows, as in the log. A view: valid until the reader goes on. */
  rows: Uint8Array;
  /** PARTIAL_UPDATE_ROWS: after-images start with value options. */
  partialJson: boolean;
}

/** Events that say nothing about rows, such as STOP, HEARTBEAT, ROWS_QUERY or an ignorable unknown. */
export interface OtherEvent extends EventHeader {
  kind: 'other';
  name: string;
}

export type BinlogEvent =
  | FormatDescriptionEvent
  | RotateEvent
  | QueryEvent
  | GtidEvent
  | GtidListEvent
  | XidEvent
  | XaPrepareEvent
  | TableMapEvent
  | RowsEvent
  | OtherEvent;
