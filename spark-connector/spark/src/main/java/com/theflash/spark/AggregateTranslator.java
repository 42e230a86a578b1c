package com.theflash.spark;

import com.theflash.client.Aggregate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.aggregate.AggregateFunc;
import org.apache.spark.sql.connector.expressions.aggregate.Aggregation;
import org.apache.spark.sql.connector.expressions.aggregate.Avg;
import org.apache.spark.sql.connector.expressions.aggregate.Count;
import org.apache.spark.sql.connector.expressions.aggregate.CountStar;
import org.apache.spark.sql.connector.expressions.aggregate.Max;
import org.apache.spark.sql.connector.expressions.aggregate.Min;
import org.apache.spark.sql.connector.expressions.aggregate.Sum;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/**
 * Turns Spark's aggregates into those of the server: partial results of each split for Spark to
 * combine, or whole ones.
 */
final class AggregateTranslator {
  private static final Set<ColumnKind> COMPARABLE =
      Set.of(
          ColumnKind.INTEGER,
          ColumnKind.DECIMAL,
          ColumnKind.FLOAT,
          ColumnKind.BOOLEAN,
          ColumnKind.TEXT,
          ColumnKind.DATE,
          ColumnKind.TIMESTAMP);

  /** Digits of a decimal whose sum comes in 128 bits. Source: docs/protocol.md, "Aggregates". */
  private static final int WIDEST_SUMMED = 19;

  /** Digits that Spark's sum of a decimal has more than the column. */
  private static final int SUM_DIGITS = 10;

  private final Map<String, FlashColumn> columns;
  private final List<String> primaryKey;
  private final boolean complete;

  /**
   * @param primaryKey names of its columns; empty for a table without one
   * @param complete there is one split, and Spark takes its result as it is
   */
  AggregateTranslator(Map<String, FlashColumn> columns, List<String> primaryKey, boolean complete) {
    this.columns = columns;
    this.primaryKey = primaryKey;
    this.complete = complete;
  }

  /** A pushed aggregate, and the columns of its result: the groups, then the functions. */
  record Pushed(Aggregate aggregate, List<FlashColumn> columns) {}

  /**
   * Whether a part of it is the average of bigints. Spark itself adds them up as doubles; in two
   * parts it would have their sum as a bigint, where it may not fit.
   */
  static boolean averagesLongs(Aggregation aggregation, Map<String, FlashColumn> columns) {
    for (AggregateFunc each : aggregation.aggregateExpressions()) {
      if (each instanceof Avg average
          && average.column() instanceof NamedReference reference
          && columns.containsKey(reference.fieldNames()[0])
          && columns.get(reference.fieldNames()[0]).type().equals(DataTypes.LongType)) {
        return true;
      }
    }
    return false;
  }

  /** Gives nothing where one part of it has no equal on the server. */
  Optional<Pushed> translate(Aggregation aggregation) {
    List<String> groupBy = new ArrayList<>();
    List<FlashColumn> result = new ArrayList<>();
    for (Expression each : aggregation.groupByExpressions()) {
      Optional<FlashColumn> column = column(each);
      if (column.isEmpty() || groupBy.contains(column.get().name())) {
        return Optional.empty();
      }
      groupBy.add(column.get().name());
      result.add(column.get());
    }
    List<Aggregate.Function> functions = new ArrayList<>();
    for (AggregateFunc each : aggregation.aggregateExpressions()) {
      String as = freeName(functions.size());
      Optional<Translated> translated = translate(each, as);
      if (translated.isEmpty()) {
        return Optional.empty();
      }
      functions.add(translated.get().function());
      result.add(translated.get().column());
    }
    if (functions.isEmpty()) {
      if (groupBy.isEmpty() || (!primaryKey.isEmpty() && groupBy.containsAll(primaryKey))) {
        // As many groups as rows: the server would hold them all, and spare nothing.
        return Optional.empty();
      }
      // A DISTINCT. The server wants a function, whose column, the last one, nobody reads.
      functions.add(new Aggregate.Function("countRows", null, freeName(0)));
    }
    return Optional.of(new Pushed(new Aggregate(groupBy, functions), List.copyOf(result)));
  }

  private record Translated(Aggregate.Function function, FlashColumn column) {}

  private Optional<Translated> translate(AggregateFunc function, String as) {
    if (function instanceof CountStar) {
      return Optional.of(translated("countRows", null, as, DataTypes.LongType, false));
    } else if (function instanceof Count count && !count.isDistinct()) {
      return anyColumn(count.column())
          .map(each -> translated("count", each, as, DataTypes.LongType, false));
    } else if (function instanceof Min min) {
      return column(min.column()).map(each -> translated("min", each, as, each.type(), true));
    } else if (function instanceof Max max) {
      return column(max.column()).map(each -> translated("max", each, as, each.type(), true));
    } else if (function instanceof Sum sum && !sum.isDistinct()) {
      return column(sum.column())
          .flatMap(each -> sumType(each).map(type -> translated("sum", each, as, type, true)));
    }
    return Optional.empty();
  }

  /** The type of a sum as the server gives it; Spark casts it to the one that it wants. */
  private Optional<DataType> sumType(FlashColumn column) {
    if (column.type() instanceof DecimalType decimal) {
      return decimalSumType(column, decimal);
    }
    return switch (column.kind()) {
      // It comes in 128 bits: one that is no bigint fails when it is read. To give what Spark gives
      // one would have to know whether it is sum, which wraps, or try_sum, which is NULL.
      case INTEGER -> Optional.of(DataTypes.LongType);
      case FLOAT -> Optional.of(DataTypes.DoubleType);
      default -> Optional.empty();
    };
  }

  /**
   * Spark casts a partial sum of decimals back to the column's own type, where it may not fit: only
   * whole sums are pushed. Of columns with more digits the server gives 256 bits.
   */
  private Optional<DataType> decimalSumType(FlashColumn column, DecimalType decimal) {
    boolean isInteger = column.engineType().matches("U?Int\\d+");
    if (!complete || (!isInteger && decimal.precision() > WIDEST_SUMMED)) {
      return Optional.empty();
    }
    return Optional.of(
        DataTypes.createDecimalType(decimal.precision() + SUM_DIGITS, decimal.scale()));
  }

  private static Translated translated(
      String function, FlashColumn of, String as, DataType type, boolean nullable) {
    String name = of == null ? null : of.name();
    return new Translated(
        new Aggregate.Function(function, name, as),
        new FlashColumn(as, type, nullable, ColumnKind.OPAQUE, "", null));
  }

  /** A column whose values compare, and are told apart, as Spark does it. */
  private Optional<FlashColumn> column(Expression expression) {
    return anyColumn(expression).filter(each -> COMPARABLE.contains(each.kind()));
  }

  private Optional<FlashColumn> anyColumn(Expression expression) {
    return expression instanceof NamedReference reference && reference.fieldNames().length == 1
        ? Optional.ofNullable(columns.get(reference.fieldNames()[0]))
            .filter(each -> each.kind() != ColumnKind.UNREADABLE)
        : Optional.empty();
  }

  /** No name of the result may come twice. */
  private String freeName(int index) {
    String name = "aggregate" + index;
    while (columns.containsKey(name)) {
      name = "_" + name;
    }
    return name;
  }
}
