package com.theflash.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Queries of aggregates, and of first rows, over {@link ValueTable}, enumerated; {@code %s} stands
 * for the table.
 */
final class AggregateCases {
  private static final Set<String> NUMBERS = Set.of("TINYINT", "SMALLINT", "INT", "BIGINT");

  /** Functions over expressions, which stay with Spark. */
  private static final List<String> OTHERS =
      List.of(
          "SELECT sum(i8 + 1L), sum(i32 * 2L), avg(u8 - 1), sum(CAST(i64 AS DECIMAL(38, 0))) FROM %s",
          "SELECT max(upper(s)), min(length(s)), max(concat(s, ns)), count(nullif(s, 'a')) FROM %s",
          "SELECT min(date_trunc('day', ts)), max(year(d)), min(w + INTERVAL 1 DAY) FROM %s WHERE d < DATE'9999-01-01' AND w < TIMESTAMP_NTZ'9999-01-01 00:00:00'",
          "SELECT year(d), count(*), min(id) FROM %s GROUP BY year(d)",
          "SELECT CAST(ts AS DATE), count(*) FROM %s GROUP BY CAST(ts AS DATE)",
          "SELECT hour(ts), max(ts), count(DISTINCT ts) FROM %s GROUP BY hour(ts)",
          "SELECT upper(s), count(*) FROM %s GROUP BY upper(s) HAVING count(*) > 1",
          "SELECT u8, e, count(*), sum(n32), max(ts) FROM %s GROUP BY u8, e",
          "SELECT u8, e, count(*), sum(n32) FROM %s GROUP BY ROLLUP (u8, e)",
          "SELECT flag, i8, count(*), min(d) FROM %s GROUP BY GROUPING SETS ((flag), (i8), ())",
          "SELECT u8, f64, f32, count(*) FROM %s GROUP BY u8, f64, f32",
          "SELECT count(*) FROM (SELECT DISTINCT s, d FROM %s)",
          "SELECT count(*), count(DISTINCT s, d), count(DISTINCT e), sum(DISTINCT i8) FROM %s",
          "SELECT count(*), count(s, d), count(1), sum(1), min('x'), count(NULL) FROM %s",
          "SELECT u8, sum(i8), sum(i8) / count(i8), avg(i8) = sum(i8) / count(i8) FROM %s GROUP BY u8",
          "SELECT flag, bool_and(flag), bool_or(i8 > 0), every(n32 > 0) FROM %s GROUP BY flag",
          "SELECT count_if(s > 'a'), max_by(id, id), min_by(s, id), sum(if(flag, 1, 0)) FROM %s",
          "SELECT sort_array(collect_list(s)), sort_array(collect_set(d)) FROM %s WHERE id < 40",
          "SELECT try_sum(i8), try_avg(i16), try_sum(dec), sum(u64), avg(u64), sum(dec) FROM %s",
          "SELECT round(corr(i8, u8), 6), round(skewness(i8), 6), median(u8) FROM %s",
          "SELECT percentile(n32, 0.5), mode(flag, true), bit_and(u8), bit_xor(i32) FROM %s",
          "SELECT e, count(*) FROM %s WHERE s LIKE 'a%%' OR s IS NULL GROUP BY e",
          "SELECT DISTINCT e, flag FROM %s WHERE length(s) > 0",
          "SELECT max(n32) FROM %s WHERE id IN (SELECT max(id) FROM %1$s)");

  private AggregateCases() {}

  /** All of them, in a fixed order. */
  static List<String> all() {
    List<String> cases = new ArrayList<>();
    List<ValueTable.Column> columns = ValueTable.columns();
    for (int index = 0; index < columns.size(); index += 1) {
      ValueTable.Column column = columns.get(index);
      ValueTable.Column other = columns.get((index * 7 + 3) % columns.size());
      cases.addAll(whole(column));
      if (!column.sparkType().startsWith("MAP")) {
        cases.addAll(grouped(column, other));
        cases.add(distinct(column));
      }
    }
    cases.addAll(OTHERS);
    return cases;
  }

  /** Without groups: the result is one row, of no rows too. */
  private static List<String> whole(ValueTable.Column column) {
    String name = column.name();
    String select = "SELECT count(*), " + functions(column) + " FROM %s";
    return List.of(
        select, select + " WHERE id > 20 AND " + name + " IS NOT NULL", select + " WHERE id < 0");
  }

  private static List<String> grouped(ValueTable.Column column, ValueTable.Column other) {
    String name = column.name();
    return List.of(
        "SELECT %s, count(*), %s FROM %%s GROUP BY %s".formatted(name, functions(other), name),
        "SELECT id, %s FROM %%s ORDER BY %s DESC, id LIMIT 9".formatted(name, name),
        "SELECT id, %s FROM %%s ORDER BY %s NULLS LAST, id LIMIT 9".formatted(name, name),
        "SELECT id, %s FROM %%s WHERE id > 5 ORDER BY %s, id DESC LIMIT 9".formatted(name, name),
        "SELECT DISTINCT " + name + " FROM %s WHERE id <> 7",
        "SELECT %s, count(*), min(id) FROM %%s WHERE id > 9 GROUP BY %s HAVING count(*) > 4 AND max(id) > 80"
            .formatted(name, name));
  }

  /** What stays with Spark: DISTINCT, FILTER and deviations. */
  private static String distinct(ValueTable.Column column) {
    String name = column.name();
    String deviations =
        isNumber(column) || isFloat(column)
            ? ", CAST(stddev(%1$s) AS FLOAT), CAST(var_pop(%1$s) AS FLOAT), sum(%1$s) FILTER (WHERE %1$s BETWEEN -100 AND 100)"
            : "";
    String filtered = isOrdered(column) ? ", max(%1$s) FILTER (WHERE id %%%% 3 = 1)" : "";
    String form =
        "SELECT count(DISTINCT %1$s), count(%1$s) FILTER (WHERE id > 40), count(*) FILTER (WHERE %1$s IS NULL)"
            + filtered
            + deviations
            + " FROM %%s"
            + (isFloat(column) ? " WHERE %1$s BETWEEN -100 AND 100" : "");
    return isFloat(column)
        ? form.formatted(name).replace("sum(" + name + ")", "0 * sum(" + name + ")")
        : form.formatted(name);
  }

  /** Each that the column's type has. Of 0.0 and -0.0 either may be the least. */
  private static String functions(ValueTable.Column column) {
    String name = column.name();
    List<String> functions = new ArrayList<>(List.of("count(" + name + ")"));
    if (isFloat(column)) {
      functions.add(
          "min(%1$s) + 0F, max(%1$s) + 0F, CAST(sum(%1$s) AS FLOAT), CAST(avg(%1$s) AS FLOAT)"
              .formatted(name));
    } else if (isOrdered(column)) {
      functions.add("min(%1$s), max(%1$s)".formatted(name));
    }
    if (isNumber(column) && !column.engineType().contains("Int64") && !name.startsWith("t")) {
      functions.add("sum(%1$s), avg(%1$s)".formatted(name));
    } else if (column.sparkType().startsWith("DECIMAL")) {
      functions.add("sum(%1$s), avg(%1$s)".formatted(name));
    }
    return String.join(", ", functions);
  }

  private static boolean isOrdered(ValueTable.Column column) {
    return !column.sparkType().startsWith("MAP");
  }

  private static boolean isFloat(ValueTable.Column column) {
    return Set.of("FLOAT", "DOUBLE").contains(column.sparkType());
  }

  private static boolean isNumber(ValueTable.Column column) {
    return NUMBERS.contains(column.sparkType());
  }
}
