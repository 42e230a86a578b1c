package com.theflash.client;

import java.io.Serializable;
import java.util.List;

/**
 * A table as the server lists it.
 *
 * @param primaryKey names of the key columns in key order; empty without a key
 * @param bytes compressed size on disk
 * @param rows -1 where they were not asked for
 */
public record TableInfo(
    String database,
    String table,
    List<String> primaryKey,
    long bytes,
    long rows,
    List<ColumnInfo> columns)
    implements Serializable {}
