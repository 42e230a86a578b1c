package com.theflash.spark;

import com.theflash.client.FlashException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** {@code spark.read.format("theflash").option("endpoints", …).load("db.table")}. */
public final class FlashSource implements TableProvider, DataSourceRegister {
  /** What inferSchema asked the server for, so that getTable need not ask again. */
  private FlashTable inferred;

  private CaseInsensitiveStringMap inferredOf;

  @Override
  public String shortName() {
    return "theflash";
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    inferred = load(options);
    inferredOf = options;
    return inferred.structType();
  }

  @Override
  public Table getTable(StructType schema, Transform[] partitions, Map<String, String> properties) {
    CaseInsensitiveStringMap options = new CaseInsensitiveStringMap(properties);
    FlashTable known = options.equals(inferredOf) ? inferred : null;
    inferred = null;
    return known == null ? load(options) : known;
  }

  private static FlashTable load(CaseInsensitiveStringMap options) {
    try {
      return FlashTable.load(FlashOptions.parse(options), TableName.parse(options));
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}
