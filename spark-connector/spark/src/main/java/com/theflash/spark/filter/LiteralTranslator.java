package com.theflash.spark.filter;

import com.theflash.client.Literal;
import com.theflash.spark.FlashColumn;
import java.math.BigDecimal;
import java.util.Optional;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.unsafe.types.UTF8String;

/** Spark's literals, in its internal form, as literals of the wire. */
final class LiteralTranslator {
  /** What the wire takes: 18 digits of microseconds, 7 of days. */
  private static final long TIMESTAMP_MICROS_MAX = 999_999_999_999_999_999L;

  private static final int DATE_DAYS_MAX = 9_999_999;

  /** ClickHouse's Time64 ends at 999:59:59.999999. */
  private static final long TIME_MICROS_MAX = 3_599_999_999_999L;

  private LiteralTranslator() {}

  /** Nothing where the server would compare the column with another value than Spark does. */
  static Optional<Literal> translate(Expression expression, FlashColumn column) {
    if (!(expression instanceof org.apache.spark.sql.connector.expressions.Literal<?> literal)) {
      return Optional.empty();
    }
    Object value = literal.value();
    if (value == null) {
      // Spark 4.0 writes pushed predicates into its log, and fails at a NULL among binary literals.
      return literal.dataType().equals(DataTypes.BinaryType)
          ? Optional.empty()
          : Optional.of(Literal.ofNull());
    }
    if (!literal.dataType().equals(column.type())) {
      return Optional.empty();
    }
    return switch (column.kind()) {
      case INTEGER ->
          Optional.of(
              value instanceof Decimal decimal
                  ? Literal.of(javaDecimal(decimal))
                  : Literal.of(((Number) value).longValue()));
      case DECIMAL -> Optional.of(Literal.of(javaDecimal((Decimal) value)));
      case FLOAT -> Optional.of(Literal.of(((Number) value).doubleValue()));
      case BOOLEAN -> Optional.of(Literal.of((boolean) value));
      case TEXT -> text(literal).map(Literal::of);
      case BYTES -> Optional.of(Literal.of((byte[]) value));
      case DATE -> within((int) value, DATE_DAYS_MAX).map(days -> Literal.ofDate(days.intValue()));
      case TIMESTAMP -> within((long) value, TIMESTAMP_MICROS_MAX).map(Literal::ofTimestamp);
      case TIME -> within((long) value, TIME_MICROS_MAX).map(Literal::ofTime);
      case OPAQUE, UNREADABLE -> Optional.empty();
    };
  }

  /** A text literal, where it has a form in Unicode: Spark's strings may hold any bytes. */
  static Optional<String> text(Expression expression) {
    if (expression instanceof org.apache.spark.sql.connector.expressions.Literal<?> literal
        && literal.value() instanceof UTF8String value) {
      String text = value.toString();
      return UTF8String.fromString(text).equals(value) ? Optional.of(text) : Optional.empty();
    }
    return Optional.empty();
  }

  private static BigDecimal javaDecimal(Decimal decimal) {
    return decimal.toJavaBigDecimal();
  }

  private static Optional<Long> within(long value, long max) {
    return value >= -max && value <= max ? Optional.of(value) : Optional.empty();
  }
}
