package com.theflash.spark;

import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.NamedReference;

/** Quoting for statements in ClickHouse's SQL. */
public final class SqlText {
  private SqlText() {}

  /** A column for Spark, whose own {@code Expressions.column} takes dots for nesting. */
  public static NamedReference reference(String name) {
    return Expressions.column("`" + name.replace("`", "``") + "`");
  }

  public static String quoteName(String name) {
    return "`" + escape(name, '`') + "`";
  }

  public static String quoteText(String text) {
    return "'" + escape(text, '\'') + "'";
  }

  private static String escape(String text, char quote) {
    StringBuilder result = new StringBuilder(text.length() + 8);
    for (int index = 0; index < text.length(); index += 1) {
      char each = text.charAt(index);
      if (each == '\\' || each == quote) {
        result.append('\\').append(each);
      } else if (each < ' ' || each == 0x7f) {
        result.append(String.format("\\x%02x", (int) each));
      } else {
        result.append(each);
      }
    }
    return result.toString();
  }
}
