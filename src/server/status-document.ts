import { type OpenScan } from '../protocol/wire/index.js';
import { type Position, type SourceState } from '../protocol/index.js';

/**
 * How an engine stands, as the page shows it: a part of `theflash status --json`, whose shape docs/operations.md describes.
 *
 * Units: bytes compressed on disk; times in ISO 8601, UTC.
 */
export interface StatusDocument {
  version: 1;
  engine: string;
  engineVersion: string;
  patches: readonly string[];
  /** What keeps the engine in its folder: `landlock (ABI 7)`, `none`, or `unknown` of an old server. */
  sandbox: string;
  /** Of the disk that the engine is on. */
  disk: { freeBytes: number; totalBytes: number } | null;
  copy: CopyPlace | null;
  namedCopies: readonly (CopyPlace & { name: string })[];
  tables: readonly TableStatus[];
  snapshots: readonly SnapshotStatus[];
  server: ServerFigures | null;
}

/** How far a copy is. */
interface CopyPlace {
  summary: string;
  position: Position;
  /** Whole; empty where the source has none. */
  gtidSet: string;
  /** When the source committed the newest transaction that readers see; null where none is known. */
  sourceTime: string | null;
}

export interface TableStatus {
  database: string;
  table: string;
  rows: number;
  bytes: number;
  /** Pieces that lie on disk: merges make them fewer. */
  parts: number;
  /** Deleted keys that still take space, until `OPTIMIZE … ELIMINATE`; null of a table that is not mutable. */
  deletedRows: number | null;
}

export interface SnapshotStatus {
  name: string;
  createdAt: string;
  expiresAt: string;
  /** `plan`: a reader over TCP, as a Spark job, for as long as it reads; `user`: CREATE SNAPSHOT. */
  holder: 'plan' | 'user';
  tables: readonly string[];
}

/** What a server does at the moment. */
export interface ServerFigures {
  version: string;
  startedAt: string;
  connections: number;
  openWrites: number;
  openScans: readonly OpenScan[];
  /** What the server itself follows. */
  sources: readonly SourceState[];
}

/** Reads how the engine of a server stands, and what people should know of its copies. */
export type StatusReader = () => Promise<{ status: StatusDocument; warnings: readonly string[] }>;
