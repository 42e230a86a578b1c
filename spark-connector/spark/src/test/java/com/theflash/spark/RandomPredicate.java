package com.theflash.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random conditions in Spark's SQL over the columns of {@link PushdownTest}'s table. */
final class RandomPredicate {
  private static final List<String> OPS = List.of("=", "<>", "<", "<=", ">", ">=", "<=>");

  /** For each column, literals at and around its values. */
  private static final Map<String, List<String>> LITERALS = new LinkedHashMap<>();

  static {
    LITERALS.put("id", List.of("0L", "1L", "37L", "199L", "-1L"));
    LITERALS.put("i8", List.of("-128Y", "127Y", "0Y", "5Y"));
    LITERALS.put("u8", List.of("255S", "0S", "128S", "256S"));
    LITERALS.put("i64", List.of("9223372036854775807L", "0L", "-3L"));
    LITERALS.put("u64", List.of("18446744073709551615BD", "0BD", "9223372036854775808BD", "7"));
    LITERALS.put("dec", List.of("1.50BD", "-0.01BD", "0BD", "99999999.99BD", "1.505BD"));
    LITERALS.put("wide", List.of("12345678901234567890123456789012345678BD", "-1BD", "0BD"));
    LITERALS.put(
        "f32", List.of("CAST(0.1 AS FLOAT)", "float('NaN')", "1.5F", "float('-Infinity')"));
    LITERALS.put("f64", List.of("0.1D", "double('NaN')", "-0.0D", "0D", "double('Infinity')"));
    LITERALS.put(
        "s", List.of("'a'", "''", "'A'", "'it''s'", "'50%'", "'a_b'", "'a\\\\b'", "'茶'", "'z;--'"));
    LITERALS.put("b", List.of("X'00FF'", "X''", "X'61'"));
    LITERALS.put(
        "d",
        List.of("DATE'1970-01-01'", "DATE'9999-12-31'", "DATE'1000-01-01'", "DATE'2024-02-29'"));
    LITERALS.put(
        "ts",
        List.of(
            "TIMESTAMP'2024-03-10 02:30:00'",
            "TIMESTAMP'1969-12-31 23:59:59.999999'",
            "TIMESTAMP'2024-11-03 01:30:00'",
            "TIMESTAMP'1900-01-01 00:00:00'"));
    LITERALS.put(
        "ts0", List.of("TIMESTAMP'2024-03-10 02:30:00.5'", "TIMESTAMP'1970-01-01 00:00:00 UTC'"));
    LITERALS.put(
        "w",
        List.of(
            "TIMESTAMP_NTZ'2024-03-10 02:30:00'",
            "TIMESTAMP_NTZ'2024-03-10 02:30:00.000001'",
            "TIMESTAMP_NTZ'1000-01-01 00:00:00'"));
    LITERALS.put("t", List.of("0L", "-3020399999999L", "1L", "9999999999999L"));
    LITERALS.put("e", List.of("'red'", "'it''s'", "'no such'", "''"));
    LITERALS.put("`a.b c`", List.of("1", "2", "0"));
  }

  private static final List<String> TEXTS = List.of("s", "e");
  private static final List<String> PATTERNS =
      List.of(
          "'a%'", "'%b'", "'%_%'", "'50\\\\%'", "'a\\\\_b'", "'%''%'", "'%\\\\\\\\%'", "'%'", "''");
  private static final List<String> PAIRS =
      List.of("i64 %s id", "s %s e", "f64 %s f64", "ts %s ts", "w %s w", "u8 %s u8");

  private final Random random;

  RandomPredicate(Random random) {
    this.random = random;
  }

  String tree(int depth) {
    if (depth == 0 || random.nextInt(4) == 0) {
      return atom();
    }
    return switch (random.nextInt(3)) {
      case 0 -> "(" + tree(depth - 1) + " AND " + tree(depth - 1) + ")";
      case 1 -> "(" + tree(depth - 1) + " OR " + tree(depth - 1) + ")";
      default -> "NOT (" + tree(depth - 1) + ")";
    };
  }

  private String atom() {
    String column = pick(List.copyOf(LITERALS.keySet()));
    return switch (random.nextInt(7)) {
      case 0 -> column + " IS " + (random.nextBoolean() ? "" : "NOT ") + "NULL";
      case 1 -> column + (random.nextBoolean() ? "" : " NOT") + " IN (" + values(column) + ")";
      case 2 -> text();
      case 3 -> String.format(pick(PAIRS), pick(OPS));
      default -> compare(column);
    };
  }

  private String compare(String column) {
    String literal = literal(column);
    String op = pick(OPS);
    return random.nextInt(4) == 0
        ? literal + " " + op + " " + column
        : column + " " + op + " " + literal;
  }

  private String values(String column) {
    List<String> values = new ArrayList<>();
    for (int count = random.nextInt(12); count >= 0; count -= 1) {
      values.add(literal(column));
    }
    return String.join(", ", values);
  }

  private String text() {
    String column = pick(TEXTS);
    return switch (random.nextInt(4)) {
      case 0 -> "startswith(" + column + ", " + literal(column) + ")";
      case 1 -> "endswith(" + column + ", " + literal(column) + ")";
      case 2 -> "contains(" + column + ", " + literal(column) + ")";
      default -> column + " LIKE " + pick(PATTERNS);
    };
  }

  private String literal(String column) {
    return random.nextInt(12) == 0 ? "NULL" : pick(LITERALS.get(column));
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
