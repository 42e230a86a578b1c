package com.theflash.client;

import java.io.Serializable;

/**
 * A column as the server lists it.
 *
 * @param engineType its ClickHouse type
 * @param mysqlType as SHOW CREATE TABLE writes it; null where it came from no MySQL table
 */
public record ColumnInfo(String name, String engineType, String mysqlType)
    implements Serializable {}
