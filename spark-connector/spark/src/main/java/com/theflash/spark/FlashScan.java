package com.theflash.spark;

import com.theflash.client.ArrowResult;
import com.theflash.client.Filter;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.client.Plan;
import com.theflash.client.PlanRequest;
import com.theflash.client.TableInfo;
import com.theflash.spark.filter.FilterTranslator;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.Statistics;
import org.apache.spark.sql.connector.read.SupportsReportStatistics;
import org.apache.spark.sql.connector.read.SupportsRuntimeV2Filtering;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A scan of a table: planned once, when Spark first asks for its partitions, so that all tasks,
 * their retries and their speculative copies read by the same tickets.
 */
final class FlashScan implements Scan, Batch, SupportsReportStatistics, SupportsRuntimeV2Filtering {
  private final FlashOptions options;
  private final ScanSpec spec;
  private final TableInfo info;
  private final List<FlashColumn> tableColumns;
  private final List<SnapshotLease> leases = new ArrayList<>();
  private List<Filter> runtimeFilters = List.of();
  private InputPartition[] partitions;
  private OptionalLong tableRows;

  FlashScan(FlashOptions options, ScanSpec spec, TableInfo info, List<FlashColumn> tableColumns) {
    this.options = options;
    this.spec = spec;
    this.info = info;
    this.tableColumns = tableColumns;
  }

  @Override
  public StructType readSchema() {
    return new StructType(
        spec.columns().stream().map(FlashColumn::field).toArray(StructField[]::new));
  }

  @Override
  public String description() {
    return spec.description();
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  /** A stream of changes. */
  @Override
  public MicroBatchStream toMicroBatchStream(String checkpointLocation) {
    if (spec.changes() == null) {
      throw new UncheckedIOException(
          FlashException.ofRequest(
              "A stream reads the changes of a table, and " + spec.name() + " is read as rows",
              "Set the option changes to true."));
    }
    if (options.snapshot() != null) {
      throw new UncheckedIOException(
          FlashException.ofRequest(
              "A stream makes snapshots of its own, and can't read " + options.snapshot(),
              "Leave the option snapshot out, or read in batch."));
    }
    return new ChangeStream(options, spec, info, tableColumns);
  }

  /** Without it EXPLAIN would plan the scan to find out. */
  @Override
  public ColumnarSupportMode columnarSupportMode() {
    return ColumnarSupportMode.SUPPORTED;
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return ReadMetrics.all();
  }

  /** An upper bound of the rows: it counts old versions that were not merged away yet. */
  @Override
  public Statistics estimateStatistics() {
    OptionalLong rows = estimateRows();
    long rowBytes = 8L + readSchema().defaultSize();
    OptionalLong size =
        rows.isPresent()
            ? OptionalLong.of(Math.max(1, rows.getAsLong() * rowBytes))
            : OptionalLong.empty();
    return new Statistics() {
      @Override
      public OptionalLong sizeInBytes() {
        return size;
      }

      @Override
      public OptionalLong numRows() {
        return rows;
      }
    };
  }

  /** The key's columns: a filter on them spares the server whole ranges. */
  @Override
  public NamedReference[] filterAttributes() {
    List<NamedReference> keys = new ArrayList<>();
    if (spec.aggregate() != null || spec.changes() != null) {
      return new NamedReference[0];
    }
    for (FlashColumn each : spec.columns()) {
      if (info.primaryKey().contains(each.name())) {
        keys.add(SqlText.reference(each.name()));
      }
    }
    return keys.toArray(NamedReference[]::new);
  }

  /** What Spark learned of the other side of a join. Rows that it leaves out can't join anyway. */
  @Override
  public synchronized void filter(Predicate[] predicates) {
    Map<String, FlashColumn> columns = new LinkedHashMap<>();
    tableColumns.forEach(each -> columns.put(each.name(), each));
    FilterTranslator translator = new FilterTranslator(columns);
    List<Filter> added = new ArrayList<>(runtimeFilters);
    for (Predicate each : predicates) {
      translator.translate(each).ifPresent(added::add);
    }
    runtimeFilters = List.copyOf(added);
    partitions = null;
  }

  @Override
  public synchronized InputPartition[] planInputPartitions() {
    if (partitions == null) {
      try {
        partitions = plan();
      } catch (FlashException error) {
        throw new UncheckedIOException(error);
      }
    }
    return partitions.clone();
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new FlashReaderFactory(spec.columns(), options.client());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FlashScan scan
        && options.equals(scan.options)
        && spec.equals(scan.spec)
        && runtimeFilters.equals(scan.runtimeFilters);
  }

  @Override
  public int hashCode() {
    return Objects.hash(options, spec);
  }

  private InputPartition[] plan() throws FlashException {
    refuseUnreadable();
    List<InputPartition> planned = new ArrayList<>();
    Plan first = null;
    List<FlashClient> shards = options.clients();
    for (int index = 0; index < shards.size(); index += 1) {
      // Planned again, for a runtime filter, the scan stays on its snapshot.
      SnapshotLease held = index < leases.size() ? leases.get(index) : null;
      Plan plan = shards.get(index).plan(request(held == null ? options.snapshot() : held.name()));
      if (index >= leases.size()) {
        boolean ours = options.snapshot() == null && plan.snapshot() != null;
        held = ours ? SnapshotLease.hold(shards.get(index), plan.snapshot()) : null;
        leases.add(held);
      }
      if (first != null && !first.schema().equals(plan.schema())) {
        throw FlashException.ofRequest(
            spec.name()
                + " has other columns at "
                + plan.endpoint()
                + " than at "
                + first.endpoint(),
            "All servers must hold the same columns.");
      }
      first = first == null ? plan : first;
      for (Plan.Split split : plan.splits()) {
        planned.add(new FlashPartition(plan.endpoint(), split.ticket(), split.rows(), held));
      }
    }
    if (isOneRow() && planned.size() != 1) {
      throw FlashException.ofProtocol(
          first.endpoint()
              + " cuts an aggregate without groups into "
              + planned.size()
              + " splits");
    }
    return planned.toArray(InputPartition[]::new);
  }

  private void refuseUnreadable() throws FlashException {
    List<String> unreadable =
        spec.columns().stream()
            .filter(each -> each.kind() == ColumnKind.UNREADABLE)
            .map(each -> each.name() + " " + each.engineType())
            .toList();
    if (!unreadable.isEmpty()) {
      throw FlashException.ofRequest(
          "Spark has no type for " + String.join(", ", unreadable) + " of " + spec.name(),
          "Select the other columns, or set the option unsupportedColumns to skip.");
    }
  }

  /** Whether Spark takes the one row of an aggregate without groups as the result. */
  private boolean isOneRow() {
    return spec.aggregate() != null
        && spec.aggregate().groupBy().isEmpty()
        && options.shards().size() == 1;
  }

  private PlanRequest request(String snapshot) {
    int shards = options.shards().size();
    int wanted = options.splitsMin();
    if (wanted == 0) {
      wanted = SparkSession.active().sparkContext().defaultParallelism();
    }
    int max = Math.max(1, options.splitsMax() / shards);
    int min = Math.min(max, Math.max(1, (wanted + shards - 1) / shards));
    Filter filter = wholeFilter();
    // Any rows will do: one task reads as many as are wanted, and leaves the rest.
    boolean anyRows = spec.rowsMax() != null && spec.orderBy().isEmpty() && filter == null;
    return new PlanRequest(
        spec.name().database(),
        spec.name().table(),
        spec.columns().isEmpty()
            ? List.of(spec.changes() == null ? countingColumn() : ChangeColumns.VERSION)
            : spec.columns().stream().map(FlashColumn::name).toList(),
        filter,
        spec.aggregate(),
        spec.orderBy(),
        spec.rowsMax(),
        anyRows ? 1 : min,
        anyRows ? 1 : max,
        options.splitBytes(),
        snapshot,
        spec.changes());
  }

  /** A scan without columns still has to count its rows. */
  private String countingColumn() {
    return info.primaryKey().stream()
        .filter(key -> tableColumns.stream().anyMatch(each -> each.name().equals(key)))
        .findFirst()
        .orElseGet(
            () ->
                tableColumns.stream()
                    .filter(each -> each.kind() != ColumnKind.UNREADABLE)
                    .map(FlashColumn::name)
                    .findFirst()
                    .orElseGet(() -> info.columns().get(0).name()));
  }

  /**
   * A runtime filter beyond the server's bounds is left out: it spares work, and decides nothing.
   */
  private Filter wholeFilter() {
    List<Filter> all = new ArrayList<>();
    if (spec.filter() != null) {
      all.add(spec.filter());
    }
    for (Filter each : runtimeFilters) {
      List<Filter> more = new ArrayList<>(all);
      more.add(each);
      if (Filter.and(more).isWithinLimits()) {
        all = more;
      }
    }
    return all.isEmpty() ? null : all.size() == 1 ? all.get(0) : Filter.and(all);
  }

  private synchronized OptionalLong estimateRows() {
    if (tableRows == null) {
      tableRows = readTableRows();
    }
    if (spec.rowsMax() != null && tableRows.isPresent()) {
      return OptionalLong.of(Math.min(spec.rowsMax(), tableRows.getAsLong()));
    }
    return tableRows;
  }

  private OptionalLong readTableRows() {
    String sql =
        "SELECT toInt64(ifNull(total_rows, -1)) FROM system.tables WHERE database = "
            + SqlText.quoteText(spec.name().database())
            + " AND name = "
            + SqlText.quoteText(spec.name().table());
    long rows = 0;
    try {
      for (FlashClient shard : options.clients()) {
        try (ArrowResult result = shard.query(sql, FlashMemory.root())) {
          while (result.next()) {
            long given = ((Number) result.root().getVector(0).getObject(0)).longValue();
            if (given < 0) {
              return OptionalLong.empty();
            }
            rows += given;
          }
        }
      }
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
    return OptionalLong.of(rows);
  }
}
