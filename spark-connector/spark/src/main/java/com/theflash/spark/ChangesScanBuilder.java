package com.theflash.spark;

import com.theflash.client.PlanRequest;
import com.theflash.client.TableInfo;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.types.StructType;

/** Reads a table's changes. Spark evaluates all conditions on them. */
final class ChangesScanBuilder implements SupportsPushDownRequiredColumns {
  private final FlashOptions options;
  private final TableName name;
  private final TableInfo info;
  private final List<FlashColumn> columns;
  private List<FlashColumn> selected;

  ChangesScanBuilder(
      FlashOptions options, TableName name, TableInfo info, List<FlashColumn> columns) {
    this.options = options;
    this.name = name;
    this.info = info;
    this.columns = columns;
    this.selected = columns;
  }

  @Override
  public void pruneColumns(StructType required) {
    Map<String, FlashColumn> byName =
        columns.stream().collect(Collectors.toMap(FlashColumn::name, Function.identity()));
    selected = Stream.of(required.fieldNames()).map(byName::get).toList();
  }

  @Override
  public Scan build() {
    long after = options.changesFrom() == null ? 0 : options.changesFrom();
    return new FlashScan(options, spec(new PlanRequest.Changes(after, null)), info, columns);
  }

  private ScanSpec spec(PlanRequest.Changes changes) {
    return new ScanSpec(name, selected, null, null, List.of(), null, changes, List.of());
  }
}
