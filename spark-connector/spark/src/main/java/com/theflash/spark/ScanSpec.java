package com.theflash.spark;

import com.theflash.client.Aggregate;
import com.theflash.client.Filter;
import com.theflash.client.PlanRequest;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a scan gives: equal specs on equal servers give equal rows of one moment, so Spark may read
 * once for both.
 *
 * @param filter null for all rows
 * @param aggregate null for rows
 * @param rowsMax of each split; null for all
 * @param changes null for rows, else what changed in them
 * @param pushed the filter's parts as Spark writes them, for people
 */
record ScanSpec(
    TableName name,
    List<FlashColumn> columns,
    Filter filter,
    Aggregate aggregate,
    List<PlanRequest.Order> orderBy,
    Long rowsMax,
    PlanRequest.Changes changes,
    List<String> pushed) {

  /** The same columns, of other changes. */
  ScanSpec of(PlanRequest.Changes others) {
    return new ScanSpec(name, columns, filter, aggregate, orderBy, rowsMax, others, pushed);
  }

  /** For EXPLAIN and the Spark UI. */
  String description() {
    StringBuilder text = new StringBuilder("theflash ").append(name);
    text.append(" columns=[");
    text.append(columns.stream().map(FlashColumn::name).collect(Collectors.joining(", ")));
    text.append("], filters=[").append(String.join(", ", pushed)).append(']');
    if (aggregate != null) {
      text.append(", aggregates=[");
      text.append(
          aggregate.functions().stream()
              .map(each -> each.function() + (each.column() == null ? "" : " " + each.column()))
              .collect(Collectors.joining(", ")));
      text.append("], groupBy=").append(aggregate.groupBy());
    }
    if (!orderBy.isEmpty()) {
      text.append(", orderBy=[");
      text.append(
          orderBy.stream()
              .map(each -> each.column() + (each.descending() ? " DESC" : " ASC"))
              .collect(Collectors.joining(", ")));
      text.append(']');
    }
    if (changes != null) {
      text.append(", changesAfter=").append(changes.after());
    }
    if (rowsMax != null) {
      text.append(", rowsMax=").append(rowsMax);
    }
    return text.toString();
  }
}
