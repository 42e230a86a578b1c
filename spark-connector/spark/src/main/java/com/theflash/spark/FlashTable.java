package com.theflash.spark;

import com.theflash.client.FlashException;
import com.theflash.client.TableInfo;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A table of the server. Its columns are those of the moment it was loaded. */
final class FlashTable implements SupportsRead {
  private final FlashOptions options;
  private final Map<String, String> catalogOptions;
  private final TableName name;
  private final TableInfo info;
  private final List<FlashColumn> columns;

  private FlashTable(
      FlashOptions options,
      Map<String, String> catalogOptions,
      TableName name,
      TableInfo info,
      List<FlashColumn> columns) {
    this.options = options;
    this.catalogOptions = catalogOptions;
    this.name = name;
    this.info = info;
    this.columns = columns;
  }

  static FlashTable load(FlashOptions options, TableName name) throws FlashException {
    return load(options, Map.of(), name);
  }

  /**
   * @param catalogOptions what options of a query on the table are laid over
   * @throws FlashException NOT_FOUND for the table
   */
  static FlashTable load(FlashOptions options, Map<String, String> catalogOptions, TableName name)
      throws FlashException {
    TableInfo info = options.firstClient().describeTable(name.database(), name.table(), false);
    List<FlashColumn> columns = ColumnTypes.map(info.columns(), options.skipUnsupported());
    return new FlashTable(options, catalogOptions, name, info, columns);
  }

  @Override
  public String name() {
    return name.toString();
  }

  StructType structType() {
    return new StructType(columns.stream().map(FlashColumn::field).toArray(StructField[]::new));
  }

  @Override
  @Deprecated
  public StructType schema() {
    return structType();
  }

  @Override
  public Map<String, String> properties() {
    return info.primaryKey().isEmpty()
        ? Map.of()
        : Map.of("primaryKey", String.join(",", info.primaryKey()));
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap readOptions) {
    return new FlashScanBuilder(effectiveOptions(readOptions), name, info, columns);
  }

  /** A catalog's options with those of the query over them. */
  private FlashOptions effectiveOptions(CaseInsensitiveStringMap own) {
    if (own.isEmpty() || catalogOptions.isEmpty()) {
      return options;
    }
    try {
      java.util.HashMap<String, String> merged = new java.util.HashMap<>(catalogOptions);
      merged.putAll(own.asCaseSensitiveMap());
      return FlashOptions.parse(new CaseInsensitiveStringMap(merged));
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}
