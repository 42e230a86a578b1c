package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the server evaluates gives the rows that Spark itself finds. */
class PushdownTest {
  private static final int ROWS = 200;
  private static final int TREES = 60;

  /** A query takes most of its time to be planned and compiled. */
  private static final int TREES_OF_QUERY = 15;

  private static final String CREATE =
      "CREATE DATABASE shop; CREATE TABLE shop.edges (id Int64, i8 Nullable(Int8),"
          + " u8 Nullable(UInt8), i64 Nullable(Int64), u64 Nullable(UInt64),"
          + " dec Nullable(Decimal(10, 2)), wide Nullable(Decimal(38, 0)),"
          + " f32 Nullable(Float32), f64 Nullable(Float64), s Nullable(String),"
          + " b Nullable(String) COMMENT 'varbinary(9)', d Nullable(Date32),"
          + " ts Nullable(DateTime64(6, 'UTC')), ts0 Nullable(DateTime64(0, 'UTC')),"
          + " w Nullable(DateTime64(6, 'Etc/UCT')),"
          + " t Nullable(Time64(6)) COMMENT 'time(6)', e LowCardinality(Nullable(String)),"
          + " `a.b c` Nullable(Int32)) ENGINE = MutableMergeTree ORDER BY (id)";

  /** For each column after id, the values that its rows take in turn, NULL among them. */
  private static final List<List<String>> VALUES =
      List.of(
          List.of("-128", "127", "0", "5", "NULL"),
          List.of("255", "0", "128", "NULL"),
          List.of("9223372036854775807", "-3", "17", "NULL", "0", "-9223372036854775808"),
          List.of("18446744073709551615", "0", "9223372036854775808", "7", "NULL"),
          List.of("1.50", "-0.01", "NULL", "0", "99999999.99"),
          List.of("12345678901234567890123456789012345678", "-1", "NULL", "0"),
          List.of("0.1", "nan", "1.5", "NULL", "-inf", "0"),
          List.of("0.1", "nan", "NULL", "-0.0", "inf", "0", "-2.5"),
          List.of(
              "'a'", "''", "'A'", "'it\\'s'", "NULL", "'50%'", "'a_b'", "'a\\\\b'", "'茶'", "'axb'"),
          List.of("unhex('00FF')", "''", "'a'", "NULL", "'ab'"),
          List.of("'1970-01-01'", "'2299-12-31'", "'1900-01-01'", "NULL", "'2024-02-29'"),
          List.of(
              "'2024-03-10 07:30:00'",
              "'1970-01-01 04:59:59.999999'",
              "NULL",
              "'2024-11-03 05:30:00'",
              "'2024-11-03 06:30:00'"),
          List.of("'2024-03-10 07:30:00'", "'1970-01-01 00:00:00'", "NULL"),
          List.of("'2024-03-10 02:30:00'", "'2024-03-10 02:30:00.000001'", "NULL"),
          List.of("'-838:59:59.999999'", "'00:00:00.000001'", "NULL", "'00:00:00'"),
          List.of("'red'", "'it\\'s'", "NULL", "''"),
          List.of("1", "2", "NULL"));

  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute(CREATE);
    // Small batches, so that each split has several; and old versions after the rows.
    server.execute("INSERT INTO shop.edges (id, i8) SELECT number, 1 FROM numbers(" + ROWS + ")");
    server.execute("UPSERT INTO shop.edges VALUES " + rows());
    SparkTestSession.get().conf().set("spark.sql.session.timeZone", "America/New_York");
  }

  @AfterAll
  static void stopServer() throws IOException {
    SparkTestSession.get().conf().set("spark.sql.session.timeZone", "UTC");
    server.close();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @Test
  void randomConditionsGiveTheRowsThatSparkFinds() {
    String given = System.getenv("SEED");
    long seed = given == null ? System.nanoTime() : Long.parseLong(given);
    System.err.println("PushdownTest SEED=" + seed);
    RandomPredicate predicates = new RandomPredicate(new Random(seed));
    Dataset<Row> local = localCopy();
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    List<String> conditions = new ArrayList<>(List.of("b IN (X'61', NULL) OR id < 3"));
    while (conditions.size() < TREES) {
      conditions.add(predicates.tree(3));
    }
    int pushed = 0;
    for (int start = 0; start < TREES; start += TREES_OF_QUERY) {
      List<String> some = conditions.subList(start, Math.min(TREES, start + TREES_OF_QUERY));
      Dataset<Row> ours = matches(table, some);
      List<List<Long>> found = idsOf(ours, some.size());
      List<List<Long>> expected = idsOf(matches(local, some), some.size());
      for (int index = 0; index < some.size(); index += 1) {
        String condition = some.get(index);
        assertEquals(
            expected.get(index),
            found.get(index),
            () -> "SEED=" + seed + " " + condition + "\n" + physical(table.where(condition)));
      }
      // A scan says what it was given.
      pushed += some.size() - (physical(ours).split("filters=\\[\\]", -1).length - 1);
    }
    assertTrue(pushed > TREES / 2, "only " + pushed + " conditions were pushed");
  }

  @Test
  @Tag("smoke")
  void eachKindOfConditionIsPushedWhole() {
    for (String condition :
        List.of(
            "i8 = 5Y AND u64 >= 18446744073709551615BD",
            "f64 = double('NaN')",
            "s <=> NULL OR s IN ('a', NULL)",
            "s LIKE 'a%' AND NOT s LIKE '%b'",
            "ts < TIMESTAMP'2024-11-03 01:30:00' OR d = DATE'9999-12-31'",
            "w > TIMESTAMP_NTZ'2024-03-10 02:30:00'",
            "t = 1L AND e <> 'red'",
            "`a.b c` IN (1, 2)")) {
      Dataset<Row> rows = SparkTestSession.load(server, "shop.edges").where(condition);
      String plan = physical(rows);
      assertFalse(plan.contains("Filter ("), condition + "\n" + plan);
      assertFalse(plan.contains("filters=[]"), condition + "\n" + plan);
      assertTrue(plan.contains("BatchScan"), plan);
    }
  }

  @Test
  void whatHasNoExactFormStaysWithSpark() {
    for (String condition : List.of("s RLIKE 'a.*'", "length(s) = 1", "i64 % 2 = 1")) {
      Dataset<Row> rows = SparkTestSession.load(server, "shop.edges").where(condition);
      assertTrue(physical(rows).contains("Filter"), condition);
      assertEquals(localCopy().where(condition).count(), rows.count(), condition);
    }
  }

  @Test
  void aListLongerThanTheServerTakesStaysWithSpark() {
    String many =
        IntStream.range(0, 100_001).mapToObj(Integer::toString).collect(Collectors.joining("L,"));
    Dataset<Row> rows = SparkTestSession.load(server, "shop.edges").where("id IN (" + many + "L)");
    assertEquals(ROWS, rows.count());
    String fewer =
        IntStream.range(5, 20_000).mapToObj(Integer::toString).collect(Collectors.joining("L,"));
    Dataset<Row> less = SparkTestSession.load(server, "shop.edges").where("id IN (" + fewer + "L)");
    assertEquals(ROWS - 5, less.count());
  }

  @Test
  void limitAndTopNReachTheServer() {
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    Dataset<Row> limited = table.limit(7);
    assertTrue(physical(limited).contains("rowsMax=7"), physical(limited));
    assertEquals(7, limited.count());
    Dataset<Row> top = table.select("id", "s").orderBy(table.col("id").desc()).limit(3);
    assertTrue(physical(top).contains("orderBy=[id DESC], rowsMax=3"), physical(top));
    assertEquals(List.of("[197", "[198", "[199"), prefixes(SparkTestSession.sorted(top)));
    // NULLs go first in Spark's default order, and NaN last: the server's order is another one.
    Dataset<Row> nullsFirst =
        table.orderBy(table.col("i64").asc(), table.col("id").asc()).limit(40);
    assertFalse(physical(nullsFirst).contains("rowsMax"));
    Dataset<Row> floats = table.orderBy(table.col("f64").desc_nulls_last()).limit(5);
    assertFalse(physical(floats).contains("rowsMax"));
    Dataset<Row> nullsLast = table.orderBy(table.col("s").asc_nulls_last()).limit(21).select("s");
    assertTrue(physical(nullsLast).contains("orderBy=[s ASC]"), physical(nullsLast));
    Dataset<Row> local = localCopy();
    assertEquals(
        SparkTestSession.sorted(
            local.orderBy(local.col("s").asc_nulls_last()).limit(21).select("s")),
        SparkTestSession.sorted(nullsLast));
  }

  @Test
  @Tag("smoke")
  void aggregatesArePushedAndAreSparksOwn() {
    SparkTestSession.get().conf().set("spark.sql.ansi.enabled", "false");
    Dataset<Row> table =
        SparkTestSession.reader(server).option("minPartitions", 3).load("shop.edges");
    Dataset<Row> local = localCopy();
    String[][] groupings = {{}, {"u8"}, {"s", "d"}, {"f64"}, {"e", "ts0", "u64"}};
    String functions =
        "count(*), count(s), count(b), sum(i8), sum(u8), min(f64), max(f64), min(s), max(s),"
            + " max(u64), min(dec), max(wide), min(d), max(ts), min(ts0), max(w), max(e), sum(`a.b c`), avg(u8)";
    for (String condition : List.of("true", "id > 50 AND s <> 'a'", "id < -1")) {
      for (String[] grouping : groupings) {
        Dataset<Row> ours = aggregate(table.where(condition), grouping, functions);
        String plan = physical(ours);
        assertTrue(plan.contains("aggregates=[countRows, count s"), plan);
        assertEquals(
            unsignedZeros(aggregate(local.where(condition), grouping, functions)),
            unsignedZeros(ours),
            condition + " by " + String.join(", ", grouping));
      }
    }
  }

  @Test
  void distinctRowsAreThoseOfTheirSplitsPutTogether() {
    Dataset<Row> table =
        SparkTestSession.reader(server).option("minPartitions", 3).load("shop.edges");
    Dataset<Row> local = localCopy();
    for (String[] columns :
        new String[][] {{"s"}, {"f64"}, {"ts0", "u64", "i8", "e"}, {"s", "id"}}) {
      for (String condition : List.of("id > 50 OR s <> 'a'", "id < -1")) {
        Dataset<Row> ours = table.where(condition).selectExpr(columns).distinct();
        // With the key all rows are distinct, which the server is spared to find out.
        boolean withKey = List.of(columns).contains("id");
        assertEquals(!withKey, physical(ours).contains("groupBy=["), physical(ours));
        assertEquals(
            unsignedZeros(local.where(condition).selectExpr(columns).distinct()),
            unsignedZeros(ours),
            condition + " of " + String.join(", ", columns));
      }
    }
  }

  @Test
  void aggregatesWithoutAnEqualStayWithSpark() {
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    Dataset<Row> local = localCopy();
    for (String function :
        List.of("count(DISTINCT s)", "sum(wide)", "count(if(id > 3, 1, NULL))")) {
      Dataset<Row> ours = table.selectExpr(function);
      assertFalse(physical(ours).contains("aggregates="), function);
      assertEquals(
          SparkTestSession.sorted(local.selectExpr(function)),
          SparkTestSession.sorted(ours),
          function);
    }
    Dataset<Row> residual = table.where("length(s) = 1").selectExpr("count(*)");
    assertFalse(physical(residual).contains("aggregates="));
    // Groups may come from several splits: Spark would cut each part to the column's digits.
    Dataset<Row> groups = aggregate(table, new String[] {"u8"}, "sum(dec)");
    assertFalse(physical(groups).contains("aggregates="));
    assertEquals(
        SparkTestSession.sorted(aggregate(local, new String[] {"u8"}, "sum(dec)")),
        SparkTestSession.sorted(groups));
  }

  @Test
  @Tag("smoke")
  void anAggregateWithoutGroupsIsTheServersAlone() {
    Dataset<Row> table =
        SparkTestSession.reader(server).option("minPartitions", 3).load("shop.edges");
    Dataset<Row> local = localCopy();
    String functions = "sum(dec), avg(dec), sum(u64), avg(u64), avg(i8), count(*), max(wide)";
    for (String condition : List.of("id <> 7", "id < -1", "dec IS NULL")) {
      Dataset<Row> ours = aggregate(table.where(condition), new String[0], functions);
      String plan = physical(ours);
      assertTrue(plan.contains("aggregates=[sum dec"), plan);
      assertFalse(plan.contains("HashAggregate"), plan);
      assertEquals(1, ours.rdd().getNumPartitions());
      Dataset<Row> expected = aggregate(local.where(condition), new String[0], functions);
      assertEquals(SparkTestSession.sorted(expected), SparkTestSession.sorted(ours), condition);
      assertEquals(expected.schema(), ours.schema());
    }
  }

  @Test
  void aSumOfBigintsThatOverflowsIsAnErrorWhereSparkWantsOne() {
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    SparkTestSession.get().conf().set("spark.sql.ansi.enabled", "true");
    try {
      for (String grouping : List.of("", "s")) {
        String[] groups = grouping.isEmpty() ? new String[0] : new String[] {grouping};
        Dataset<Row> small = aggregate(table.where("i64 < 100 AND i64 > -100"), groups, "sum(i64)");
        assertTrue(physical(small).contains("aggregates=[sum i64"), physical(small));
        Dataset<Row> expected =
            aggregate(localCopy().where("i64 < 100 AND i64 > -100"), groups, "sum(i64)");
        assertEquals(SparkTestSession.sorted(expected), SparkTestSession.sorted(small));
        Dataset<Row> large = aggregate(table.where("i64 > 100"), groups, "sum(i64)");
        Exception error = assertThrows(Exception.class, large::collectAsList);
        assertTrue(String.valueOf(error).contains("OVERFLOW"), String.valueOf(error));
      }
    } finally {
      SparkTestSession.get().conf().set("spark.sql.ansi.enabled", "false");
    }
  }

  @Test
  void aScanWithoutColumnsCountsItsRows() {
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    assertEquals(ROWS, table.count());
    assertEquals(localCopy().where("s = 'a'").count(), table.where("s = 'a'").count());
    assertEquals(0, table.where("id = -5").count());
  }

  @Test
  void pushDownCanBeSwitchedOff() {
    Dataset<Row> rows =
        SparkTestSession.reader(server)
            .option("pushdown.filters", "false")
            .option("pushdown.limit", "false")
            .load("shop.edges")
            .where("id < 5")
            .limit(3);
    assertFalse(physical(rows).contains("rowsMax"));
    assertTrue(physical(rows).contains("filters=[]"));
    assertEquals(3, rows.count());
  }

  /** Of equal values, as 0.0 and -0.0 are, min and max give any. */
  private static List<String> unsignedZeros(Dataset<Row> rows) {
    return SparkTestSession.sorted(rows).stream()
        .map(row -> row.replaceAll("-0\\.0(?=[,\\]])", "0.0"))
        .sorted()
        .toList();
  }

  private static Dataset<Row> aggregate(Dataset<Row> rows, String[] grouping, String functions) {
    List<String> names = Arrays.stream(grouping).map(each -> "`" + each + "`").toList();
    rows.createOrReplaceTempView("aggregated");
    String groups = String.join(", ", names);
    return SparkTestSession.get()
        .sql(
            names.isEmpty()
                ? "SELECT " + functions + " FROM aggregated"
                : "SELECT " + groups + ", " + functions + " FROM aggregated GROUP BY " + groups);
  }

  /** The same rows without the server, where nothing can be pushed. */
  /** For each condition the rows that it finds, as its number and their ids: one query of all. */
  private static Dataset<Row> matches(Dataset<Row> table, List<String> conditions) {
    Dataset<Row> all = null;
    for (int index = 0; index < conditions.size(); index += 1) {
      Dataset<Row> found =
          table.where(conditions.get(index)).select(functions.lit(index), functions.col("id"));
      all = all == null ? found : all.union(found);
    }
    return all;
  }

  private static List<List<Long>> idsOf(Dataset<Row> matches, int conditions) {
    List<List<Long>> ids = new ArrayList<>();
    IntStream.range(0, conditions).forEach(each -> ids.add(new ArrayList<>()));
    matches.collectAsList().forEach(row -> ids.get(row.getInt(0)).add(row.getLong(1)));
    ids.forEach(each -> each.sort(null));
    return ids;
  }

  private static Dataset<Row> localCopy() {
    SparkSession spark = SparkTestSession.get();
    Dataset<Row> table = SparkTestSession.load(server, "shop.edges");
    return spark.createDataFrame(table.collectAsList(), table.schema());
  }

  private static String physical(Dataset<Row> rows) {
    return rows.queryExecution().executedPlan().toString();
  }

  private static List<String> prefixes(List<String> rows) {
    return rows.stream().map(each -> each.substring(0, each.indexOf(','))).toList();
  }

  private static String rows() {
    return IntStream.range(0, ROWS)
        .mapToObj(
            row ->
                "("
                    + row
                    + ", "
                    + VALUES.stream()
                        .map(values -> values.get((row * 11 + row / 13) % values.size()))
                        .collect(Collectors.joining(", "))
                    + ")")
        .collect(Collectors.joining(", "));
  }
}
