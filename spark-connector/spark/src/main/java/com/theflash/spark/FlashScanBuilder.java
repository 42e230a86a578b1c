package com.theflash.spark;

import com.theflash.client.Aggregate;
import com.theflash.client.Filter;
import com.theflash.client.PlanRequest;
import com.theflash.client.TableInfo;
import com.theflash.spark.filter.FilterTranslator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.NullOrdering;
import org.apache.spark.sql.connector.expressions.SortDirection;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.expressions.aggregate.Aggregation;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.SupportsPushDownAggregates;
import org.apache.spark.sql.connector.read.SupportsPushDownLimit;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.connector.read.SupportsPushDownTopN;
import org.apache.spark.sql.connector.read.SupportsPushDownV2Filters;
import org.apache.spark.sql.types.StructType;

/** Takes what Spark pushes down, and refuses what the server would answer otherwise. */
final class FlashScanBuilder
    implements SupportsPushDownRequiredColumns,
        SupportsPushDownV2Filters,
        SupportsPushDownAggregates,
        SupportsPushDownLimit,
        SupportsPushDownTopN {
  private final FlashOptions options;
  private final TableName name;
  private final TableInfo info;
  private final Map<String, FlashColumn> columns = new LinkedHashMap<>();
  private final List<Filter> filters = new ArrayList<>();
  private final List<Predicate> pushed = new ArrayList<>();
  private Aggregate aggregate;
  private boolean averagesLongs;
  private List<PlanRequest.Order> orderBy = List.of();
  private Long rowsMax;
  private List<FlashColumn> selected;

  FlashScanBuilder(
      FlashOptions options, TableName name, TableInfo info, List<FlashColumn> columns) {
    this.options = options;
    this.name = name;
    this.info = info;
    columns.forEach(each -> this.columns.put(each.name(), each));
    this.selected = columns;
  }

  @Override
  public void pruneColumns(StructType required) {
    List<FlashColumn> kept = new ArrayList<>();
    for (String each : required.fieldNames()) {
      kept.add(columns.get(each));
    }
    selected = List.copyOf(kept);
  }

  /** Every pushed predicate is exact: Spark evaluates only those that are given back. */
  @Override
  public Predicate[] pushPredicates(Predicate[] predicates) {
    FilterTranslator translator = new FilterTranslator(columns);
    List<Predicate> residual = new ArrayList<>();
    for (Predicate each : predicates) {
      Optional<Filter> filter =
          options.pushFilters() ? translator.translate(each) : Optional.empty();
      if (filter.isPresent() && fits(filter.get())) {
        filters.add(filter.get());
        pushed.add(each);
      } else {
        residual.add(each);
      }
    }
    return residual.toArray(Predicate[]::new);
  }

  @Override
  public Predicate[] pushedPredicates() {
    return pushed.toArray(Predicate[]::new);
  }

  /**
   * One server makes one split of an aggregate without groups: its row is the result. Groups may
   * come from several splits, and from each shard: Spark combines them.
   *
   * <p>Spark shows an average here first, and then asks for its sum, as a bigint, and its count: it
   * must be refused now.
   */
  @Override
  public boolean supportCompletePushDown(Aggregation aggregation) {
    averagesLongs |= AggregateTranslator.averagesLongs(aggregation, columns);
    return isOneRow(aggregation) && translate(aggregation).isPresent();
  }

  @Override
  public boolean pushAggregation(Aggregation aggregation) {
    Optional<AggregateTranslator.Pushed> found = translate(aggregation);
    found.ifPresent(
        each -> {
          aggregate = each.aggregate();
          selected = each.columns();
        });
    return found.isPresent();
  }

  private boolean isOneRow(Aggregation aggregation) {
    return aggregation.groupByExpressions().length == 0 && options.shards().size() == 1;
  }

  private Optional<AggregateTranslator.Pushed> translate(Aggregation aggregation) {
    if (!options.pushAggregates() || averagesLongs) {
      return Optional.empty();
    }
    return new AggregateTranslator(columns, info.primaryKey(), isOneRow(aggregation))
        .translate(aggregation);
  }

  /** Each split stops at the limit; Spark cuts once more. */
  @Override
  public boolean pushLimit(int limit) {
    if (!options.pushLimit() || aggregate != null) {
      return false;
    }
    rowsMax = (long) limit;
    return true;
  }

  @Override
  public boolean pushTopN(SortOrder[] orders, int limit) {
    List<PlanRequest.Order> wanted = new ArrayList<>();
    for (SortOrder each : orders) {
      Optional<PlanRequest.Order> order = translateOrder(each);
      if (order.isEmpty()) {
        return false;
      }
      wanted.add(order.get());
    }
    if (!options.pushTopN() || aggregate != null) {
      return false;
    }
    orderBy = List.copyOf(wanted);
    rowsMax = (long) limit;
    return true;
  }

  /**
   * Of limit and topN: with several splits Spark must merge, and how many there are is not known.
   */
  @Override
  public boolean isPartiallyPushed() {
    return true;
  }

  @Override
  public Scan build() {
    Filter filter = filters.isEmpty() ? null : Filter.and(filters);
    ScanSpec spec =
        new ScanSpec(
            name,
            selected,
            filter,
            aggregate,
            orderBy,
            rowsMax,
            null,
            pushed.stream().map(Object::toString).toList());
    return new FlashScan(options, spec, info, List.copyOf(columns.values()));
  }

  private boolean fits(Filter next) {
    List<Filter> all = new ArrayList<>(filters);
    all.add(next);
    return Filter.and(all).isWithinLimits();
  }

  /**
   * The server puts NULLs last, and its order of floats, of decimals that Spark sees as text, and
   * of lists is another one.
   */
  private Optional<PlanRequest.Order> translateOrder(SortOrder order) {
    if (!(order.expression() instanceof NamedReference reference)
        || reference.fieldNames().length != 1) {
      return Optional.empty();
    }
    FlashColumn column = columns.get(reference.fieldNames()[0]);
    boolean sameOrder =
        column != null
            && column.kind() != ColumnKind.FLOAT
            && column.kind() != ColumnKind.OPAQUE
            && column.kind() != ColumnKind.UNREADABLE;
    if (!sameOrder || (column.nullable() && order.nullOrdering() == NullOrdering.NULLS_FIRST)) {
      return Optional.empty();
    }
    boolean descending = order.direction() == SortDirection.DESCENDING;
    return Optional.of(new PlanRequest.Order(column.name(), descending));
  }
}
