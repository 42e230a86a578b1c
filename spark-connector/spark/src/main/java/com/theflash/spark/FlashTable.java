package com.theflash.spark;

import com.theflash.client.ColumnInfo;
import com.theflash.client.FlashException;
import com.theflash.client.TableInfo;
import com.theflash.spark.write.FlashWriteBuilder;
import com.theflash.spark.write.RowLevelChange;
import com.theflash.spark.write.WriteTarget;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsRowLevelOperations;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.RowLevelOperationBuilder;
import org.apache.spark.sql.connector.write.RowLevelOperationInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A table of the server. Its columns are those of the moment it was loaded. */
final class FlashTable
    implements SupportsRead, SupportsWrite, SupportsRowLevelOperations, TruncatableTable {
  private final FlashOptions options;
  private final Map<String, String> catalogOptions;
  private final TableName name;
  private final TableName title;
  private final TableInfo info;
  private final List<FlashColumn> columns;

  private FlashTable(
      FlashOptions options,
      Map<String, String> catalogOptions,
      TableName name,
      TableName title,
      TableInfo info,
      List<FlashColumn> columns) {
    this.options = options;
    this.catalogOptions = catalogOptions;
    this.name = name;
    this.title = title;
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
    List<FlashColumn> columns = ColumnTypes.map(info.columns(), options.unsupportedColumns());
    if (options.changes()) {
      columns = ChangeColumns.of(options, name, info, columns);
    }
    return new FlashTable(options, catalogOptions, name, name, info, columns);
  }

  /** The same table, which messages know by another name. */
  FlashTable titled(TableName other) {
    return new FlashTable(options, catalogOptions, name, other, info, columns);
  }

  @Override
  public String name() {
    return title.toString();
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
    return Set.of(
        TableCapability.BATCH_READ,
        TableCapability.MICRO_BATCH_READ,
        TableCapability.BATCH_WRITE,
        TableCapability.TRUNCATE,
        TableCapability.STREAMING_WRITE);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap readOptions) {
    FlashOptions effective = effectiveOptions(readOptions);
    if (effective.changes() != options.changes()) {
      throw new UncheckedIOException(ChangeColumns.refuseCatalog(name));
    }
    return effective.changes()
        ? new ChangesScanBuilder(effective, name, info, columns)
        : new FlashScanBuilder(effective, name, info, columns);
  }

  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo write) {
    List<String> filled = FilledColumns.ofRunningWrite();
    if (!filled.isEmpty()) {
      throw new UncheckedIOException(
          FlashException.ofRequest(
              "Rows for " + title + " have no " + String.join(", ", filled),
              "A row replaces the one of its key: name all columns, those to be emptied with NULL."));
    }
    return writeBuilder(write);
  }

  @Override
  public RowLevelOperationBuilder newRowLevelOperationBuilder(RowLevelOperationInfo change) {
    try {
      requireKey();
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
    return () ->
        new RowLevelChange(
            change.command(), info.primaryKey(), this::newScanBuilder, this::writeBuilder);
  }

  @Override
  public boolean truncateTable() {
    try {
      refuseSnapshot(options);
      Shards.truncate(options.clients(), name);
      return true;
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  private FlashWriteBuilder writeBuilder(LogicalWriteInfo write) {
    try {
      requireKey();
      FlashOptions effective = effectiveOptions(write.options());
      refuseSnapshot(effective);
      if (effective.changes()) {
        throw FlashException.ofRequest(
            title + " is read as its changes, which can't be written",
            "Leave the options changes and changesFrom out.");
      }
      if (effective.shards().size() > 1) {
        throw FlashException.ofRequest(
            "Rows of " + title + " can't be written to several servers",
            "Name one endpoint: the server that holds the rows.");
      }
      Map<String, FlashColumn> available = new HashMap<>();
      columns.forEach(each -> available.put(each.name(), each));
      // A job that only deletes has rows of no columns, and keys.
      boolean deletesOnly = write.schema().isEmpty();
      StructType rows = deletesOnly ? keyType() : write.schema();
      if (!deletesOnly) {
        refuseToEmpty(rows);
      }
      WriteTarget target =
          WriteTarget.check(name.database(), name.table(), title.toString(), rows, available, info);
      return new FlashWriteBuilder(
          effective.shards().get(0), effective.client(), target, effective.stagingLeaseSeconds());
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** A mutable table without a key counts equal rows, by a hidden column. */
  private void requireKey() throws FlashException {
    List<String> names = info.columns().stream().map(ColumnInfo::name).toList();
    if (info.primaryKey().isEmpty() || !names.containsAll(info.primaryKey())) {
      throw FlashException.ofRequest(
          title + " has no primary key, by which Spark's rows could replace and delete others",
          "Write by SQL: theflash sql --engine tcp://" + options.shards().get(0).get(0) + " '…'.");
    }
  }

  /** UPDATE and MERGE would write the snapshot's rows over those that came since. */
  private void refuseSnapshot(FlashOptions effective) throws FlashException {
    if (effective.snapshot() != null) {
      throw FlashException.ofRequest(
          title + " is read as of snapshot " + effective.snapshot() + ", which can't be written",
          "Leave the option snapshot out.");
    }
  }

  /** A row replaces the one of its key: columns that it lacks would lose what they hold. */
  private void refuseToEmpty(StructType rows) throws FlashException {
    Set<String> written = Set.of(rows.fieldNames());
    List<String> lost =
        info.columns().stream()
            .filter(each -> !written.contains(each.name()))
            .map(each -> each.name() + " " + each.engineType())
            .toList();
    if (!lost.isEmpty()) {
      throw FlashException.ofRequest(
          "Rows for " + name + " have no " + String.join(", ", lost) + ", and would empty it",
          "Write by SQL, which knows all types: theflash sql --engine tcp://"
              + options.shards().get(0).get(0)
              + " 'INSERT INTO "
              + name.sql()
              + " …'.");
    }
  }

  private StructType keyType() {
    return new StructType(
        columns.stream()
            .filter(each -> info.primaryKey().contains(each.name()))
            .map(FlashColumn::field)
            .toArray(StructField[]::new));
  }

  /** A catalog's options with those of the query over them. */
  private FlashOptions effectiveOptions(CaseInsensitiveStringMap own) {
    if (own.isEmpty() || catalogOptions.isEmpty()) {
      return options;
    }
    try {
      Map<String, String> merged = new HashMap<>(catalogOptions);
      merged.putAll(own.asCaseSensitiveMap());
      return FlashOptions.parse(new CaseInsensitiveStringMap(merged));
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}
