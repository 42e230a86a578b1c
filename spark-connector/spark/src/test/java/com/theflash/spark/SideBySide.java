package com.theflash.spark;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** Runs the same on two tables, and says where what comes out is not the same. */
final class SideBySide {
  /** A query takes most of its time to be planned. */
  private static final int CONDITIONS_OF_QUERY = 24;

  private static final int QUERIES_AT_ONCE = 12;

  private static final Pattern ERROR_CLASS = Pattern.compile("\\[([A-Z][A-Z0-9_.]+)]");

  private final Dataset<Row> ours;
  private final Dataset<Row> expected;
  private final List<String> differences = new ArrayList<>();
  private int errors;

  SideBySide(Dataset<Row> ours, Dataset<Row> expected) {
    this.ours = ours;
    this.expected = expected;
  }

  /** What differed, one line each. */
  List<String> differences() {
    return differences;
  }

  /** How many failed on both sides alike. */
  int errors() {
    return errors;
  }

  /**
   * Compares the ids of the rows that each condition passes: ours as WHERE, each in a scan of its
   * own, and Spark's as a column of the condition.
   */
  void compareConditions(List<String> conditions) {
    List<Outcome> wanted = new ArrayList<>();
    for (int start = 0; start < conditions.size(); start += CONDITIONS_OF_QUERY) {
      int end = Math.min(conditions.size(), start + CONDITIONS_OF_QUERY);
      wanted.addAll(expectedIds(conditions.subList(start, end)));
    }
    List<Integer> passing = new ArrayList<>();
    for (int index = 0; index < conditions.size(); index += 1) {
      if (wanted.get(index).error() == null) {
        passing.add(index);
      } else {
        String condition = conditions.get(index);
        note(condition, wanted.get(index), ourIds(List.of(condition)).get(0));
      }
    }
    for (int start = 0; start < passing.size(); start += CONDITIONS_OF_QUERY) {
      int end = Math.min(passing.size(), start + CONDITIONS_OF_QUERY);
      List<Integer> some = passing.subList(start, end);
      List<Outcome> found = ourIds(some.stream().map(conditions::get).toList());
      for (int place = 0; place < some.size(); place += 1) {
        int index = some.get(place);
        note(conditions.get(index), wanted.get(index), found.get(place));
      }
    }
  }

  /** Compares whole results of queries, in which {@code %s} stands for the table. */
  void compareQueries(List<String> queries) {
    for (int start = 0; start < queries.size(); start += QUERIES_AT_ONCE) {
      int end = Math.min(queries.size(), start + QUERIES_AT_ONCE);
      List<String> some = queries.subList(start, end);
      List<Outcome> wanted = inHalves(some, each -> rowsOf(expected, each));
      List<Outcome> found = inHalves(some, each -> rowsOf(ours, each));
      for (int index = 0; index < some.size(); index += 1) {
        note(some.get(index), wanted.get(index), found.get(index));
      }
    }
  }

  /** For each query its rows, as text in a fixed order. */
  private static List<List<String>> rowsOf(Dataset<Row> table, List<String> queries) {
    table.createOrReplaceTempView("side");
    Dataset<Row> all = null;
    for (int index = 0; index < queries.size(); index += 1) {
      Dataset<Row> query = SparkTestSession.get().sql(queries.get(index).formatted("side"));
      Dataset<Row> named =
          query.toDF(
              IntStream.range(0, query.columns().length)
                  .mapToObj(each -> "c" + each)
                  .toArray(String[]::new));
      Dataset<Row> rows = named.selectExpr(index + " AS q", "CAST(struct(*) AS STRING) AS row");
      all = all == null ? rows : all.union(rows);
    }
    List<List<String>> rows = new ArrayList<>();
    queries.forEach(each -> rows.add(new ArrayList<>()));
    all.collectAsList().forEach(row -> rows.get(row.getInt(0)).add(row.getString(1)));
    rows.forEach(each -> each.sort(null));
    return rows;
  }

  private void note(String what, Outcome wanted, Outcome found) {
    if (!wanted.equals(found)) {
      differences.add(what + "\n    Spark: " + wanted + "\n    ours:  " + found);
    } else if (wanted.error() != null) {
      errors += 1;
    }
  }

  /** What a query gave: rows, or the class of its error. */
  private record Outcome(String rows, String error) {
    @Override
    public String toString() {
      String text = error == null ? rows : error;
      return text.length() > 600 ? text.substring(0, 600) + "…" : text;
    }
  }

  private static String errorClass(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    Matcher match = ERROR_CLASS.matcher(String.valueOf(cause.getMessage()));
    return match.find() ? match.group(1) : cause.toString();
  }

  /** What gives the result of each of several conditions or queries, or fails as a whole. */
  private interface Run {
    List<? extends List<?>> of(List<String> several);
  }

  private List<Outcome> expectedIds(List<String> conditions) {
    return inHalves(conditions, this::findExpected);
  }

  private List<Outcome> ourIds(List<String> conditions) {
    return inHalves(conditions, this::findOurs);
  }

  /** One that fails ends its query: those around it are run in halves. */
  private static List<Outcome> inHalves(List<String> several, Run run) {
    try {
      return run.of(several).stream().map(each -> new Outcome(each.toString(), null)).toList();
    } catch (Exception error) {
      if (several.size() == 1) {
        return List.of(new Outcome(null, errorClass(error)));
      }
    }
    int middle = several.size() / 2;
    List<Outcome> all = new ArrayList<>(inHalves(several.subList(0, middle), run));
    all.addAll(inHalves(several.subList(middle, several.size()), run));
    return all;
  }

  private List<List<Long>> findExpected(List<String> conditions) {
    List<String> cells = new ArrayList<>(List.of("id"));
    conditions.forEach(each -> cells.add("CAST((" + each + ") AS BOOLEAN)"));
    List<List<Long>> ids = emptyLists(conditions.size());
    for (Row row : expected.selectExpr(cells.toArray(String[]::new)).collectAsList()) {
      for (int index = 0; index < conditions.size(); index += 1) {
        if (!row.isNullAt(index + 1) && row.getBoolean(index + 1)) {
          ids.get(index).add(row.getLong(0));
        }
      }
    }
    ids.forEach(each -> each.sort(null));
    return ids;
  }

  private List<List<Long>> findOurs(List<String> conditions) {
    Dataset<Row> all = null;
    for (int index = 0; index < conditions.size(); index += 1) {
      Dataset<Row> found =
          ours.where(conditions.get(index)).select(functions.lit(index), functions.col("id"));
      all = all == null ? found : all.union(found);
    }
    List<List<Long>> ids = emptyLists(conditions.size());
    all.collectAsList().forEach(row -> ids.get(row.getInt(0)).add(row.getLong(1)));
    ids.forEach(each -> each.sort(null));
    return ids;
  }

  private static List<List<Long>> emptyLists(int count) {
    List<List<Long>> lists = new ArrayList<>();
    IntStream.range(0, count).forEach(each -> lists.add(new ArrayList<>()));
    return lists;
  }

  /** The rows, each a text that tells all values apart, sorted. */
  static List<String> texts(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(SideBySide::text).sorted().toList();
  }

  /** A text that tells a value from all others, -0.0 from 0.0 too. */
  static String text(Object value) {
    if (value instanceof byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    } else if (value instanceof Row row) {
      return IntStream.range(0, row.length())
          .mapToObj(each -> text(row.get(each)))
          .toList()
          .toString();
    } else if (value instanceof scala.collection.Seq<?> list) {
      return IntStream.range(0, list.length())
          .mapToObj(each -> text(list.apply(each)))
          .toList()
          .toString();
    }
    return String.valueOf(value);
  }
}
