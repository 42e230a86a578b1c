package com.theflash.spark;

/** How a column's values compare: what may be pushed, and as which literal. */
public enum ColumnKind {
  INTEGER,
  DECIMAL,
  FLOAT,
  BOOLEAN,
  TEXT,
  BYTES,
  DATE,
  TIMESTAMP,
  /** A MySQL TIME, as microseconds. */
  TIME,
  /** Only tests for NULL mean the same on both sides. */
  OPAQUE,
  /** It is there, and can't be read. */
  UNREADABLE
}
