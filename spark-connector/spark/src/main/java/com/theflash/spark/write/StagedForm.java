package com.theflash.spark.write;

import com.theflash.spark.EngineType;
import com.theflash.spark.SqlText;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

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
  private static final String ARRAY = "Array(";

  /** The type of the staged values. */
  DataType type() {
    if (isDate()) {
      return DataTypes.IntegerType;
    }
    return sparkType instanceof ArrayType array
        ? DataTypes.createArrayType(element().type(), array.containsNull())
        : sparkType;
  }

  /** The form of the elements of an array. */
  StagedForm element() {
    String inner = engineType.substring(ARRAY.length(), engineType.length() - 1);
    return new StagedForm(EngineType.bare(inner), ((ArrayType) sparkType).elementType(), null);
  }

  /** Whether an array's elements may be NULL. */
  boolean hasNullElements() {
    return EngineType.isNullable(EngineType.arguments(engineType).get(0));
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
    // accurateCast of arrays does not exist, and gives NULL for Nullable(FixedString).
    boolean checked = !engineType.startsWith(ARRAY) && !engineType.startsWith("FixedString(");
    return (checked ? "accurateCast(" : "CAST(") + value + ", " + quoted + ")";
  }

  private String ownSql(String staged, int depth) {
    if (EngineType.is(engineType, "Time64")) {
      // Microseconds, as seconds of six digits, which are an exact Time64.
      return "CAST(" + staged + ", 'Nullable(Decimal(38, 6))') / 1000000";
    }
    if (isDate()) {
      return "addDays(to" + engineType + "('1970-01-01'), " + staged + ")";
    } else if (engineType.startsWith(ARRAY) && !element().type().equals(element().sparkType())) {
      String name = "element" + depth;
      return "arrayMap(" + name + " -> " + element().ownSql(name, depth + 1) + ", " + staged + ")";
    }
    return staged;
  }

  private boolean isDate() {
    return engineType.equals("Date") || engineType.equals("Date32");
  }
}
