package com.theflash.spark.write;

import com.theflash.spark.EngineType;
import com.theflash.spark.SqlText;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/**
 * How values of an engine type lie in the staging table, and how they become the table's own.
 *
 * <p>Dates lie there as days: ClickHouse stores any day, but its Arrow reader refuses those before
 * 1900 and after 2299, which MySQL has.
 *
 * @param engineType without Nullable and LowCardinality
 * @param mysqlType null where it came from no MySQL table
 */
record StagedForm(String engineType, DataType sparkType, String mysqlType) {
  /** The type of the staged values. */
  DataType type() {
    if (isDate()) {
      return DataTypes.IntegerType;
    }
    List<DataType> inner = parts().stream().map(StagedForm::type).toList();
    if (sparkType instanceof ArrayType array) {
      return DataTypes.createArrayType(inner.get(0), array.containsNull());
    } else if (sparkType instanceof MapType) {
      return DataTypes.createMapType(inner.get(0), inner.get(1), true);
    } else if (sparkType instanceof StructType struct) {
      StructType staged = new StructType();
      for (String name : struct.fieldNames()) {
        staged = staged.add(name, inner.get(staged.length()), true);
      }
      return staged;
    }
    return sparkType;
  }

  /**
   * The forms of what it holds: an array's elements, a map's keys and values, a struct's fields.
   */
  List<StagedForm> parts() {
    if (sparkType instanceof ArrayType array) {
      return List.of(part(0, array.elementType()));
    } else if (sparkType instanceof MapType map) {
      return List.of(part(0, map.keyType()), part(1, map.valueType()));
    } else if (sparkType instanceof StructType struct) {
      return IntStream.range(0, struct.length())
          .mapToObj(index -> part(index, struct.apply(index).dataType()))
          .toList();
    }
    return List.of();
  }

  private StagedForm part(int index, DataType type) {
    return new StagedForm(EngineType.bare(partTypes().get(index)), type, null);
  }

  /** Whether a part may be NULL. */
  boolean hasNull(int part) {
    return EngineType.isNullable(partTypes().get(part));
  }

  private List<String> partTypes() {
    return EngineType.is(engineType, "Tuple")
        ? EngineType.tupleTypes(engineType)
        : EngineType.arguments(engineType);
  }

  /**
   * Gives the staged values in the table's type. They were checked before they were sent, so no
   * cast changes one.
   *
   * @param staged the column's name in the staging table, quoted
   * @param target the column's whole type
   */
  String castSql(String staged, String target) {
    String value = ownSql(staged, 0);
    String quoted = SqlText.quoteText(target);
    // accurateCast of what holds others does not exist, and gives NULL for Nullable(FixedString).
    boolean checked = parts().isEmpty() && !engineType.startsWith("FixedString(");
    return (checked ? "accurateCast(" : "CAST(") + value + ", " + quoted + ")";
  }

  private String ownSql(String staged, int depth) {
    if (EngineType.is(engineType, "Time64")) {
      // Microseconds, as seconds of six digits, which are an exact Time64.
      return "CAST(" + staged + ", 'Nullable(Decimal(38, 6))') / 1000000";
    }
    if (isDate()) {
      return "addDays(to" + engineType + "('1970-01-01'), " + staged + ")";
    }
    return parts().stream().anyMatch(StagedForm::isConverted) ? ownPartsSql(staged, depth) : staged;
  }

  private String ownPartsSql(String staged, int depth) {
    List<StagedForm> parts = parts();
    String name = "part" + depth;
    if (sparkType instanceof ArrayType) {
      return "arrayMap("
          + name
          + " -> "
          + parts.get(0).ownSql(name, depth + 1)
          + ", "
          + staged
          + ")";
    } else if (sparkType instanceof MapType) {
      String key = parts.get(0).ownSql(name + "k", depth + 1);
      String value = parts.get(1).ownSql(name + "v", depth + 1);
      return "mapApply((%1$sk, %1$sv) -> (%2$s, %3$s), %4$s)".formatted(name, key, value, staged);
    }
    return IntStream.range(0, parts.size())
        .mapToObj(
            index ->
                parts.get(index).ownSql("tupleElement(" + staged + ", " + (index + 1) + ")", depth))
        .collect(Collectors.joining(", ", "tuple(", ")"));
  }

  /** Whether staged values are others than the table's. */
  private boolean isConverted() {
    return isDate() || parts().stream().anyMatch(StagedForm::isConverted);
  }

  private boolean isDate() {
    return engineType.equals("Date") || engineType.equals("Date32");
  }
}
