package com.theflash.spark;

import java.io.Serializable;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;

/**
 * A column of a table as Spark sees it.
 *
 * @param engineType its ClickHouse type without Nullable and LowCardinality
 * @param mysqlType null where it came from no MySQL table
 */
public record FlashColumn(
    String name,
    DataType type,
    boolean nullable,
    ColumnKind kind,
    String engineType,
    String mysqlType)
    implements Serializable {

  StructField field() {
    MetadataBuilder metadata = new MetadataBuilder();
    if (mysqlType != null) {
      metadata.putString("mysql_type", mysqlType);
    }
    Metadata built = metadata.build();
    return new StructField(name, type, nullable, built);
  }
}
