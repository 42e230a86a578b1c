package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Aggregates of numbers at the ends of their types, beside Spark's own of the same rows. */
class AggregateTest {
  private static final int ROWS = 2_000;
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute(
        "CREATE DATABASE shop; CREATE TABLE shop.ends (id Int32, g Int32, i8 Int8, u8 UInt8,"
            + " i16 Int16, u16 UInt16, i32 Int32, u32 UInt32, i64 Int64, u64 UInt64, n64"
            + " Nullable(Int64), dec Decimal(18, 2)) ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute(
        "INSERT INTO shop.ends SELECT number, number % 3, -128, 255, -32768, 65535, -2147483648,"
            + " 4294967295, 9223372036854775807 - number % 7, 18446744073709551615,"
            + " if(number % 2 = 0, NULL, -9223372036854775808), toDecimal64('9999999999999999.99', 2)"
            + " FROM numbers("
            + ROWS
            + ")");
    SparkTestSession.get();
    Dataset<Row> table =
        SparkTestSession.reader(server).option("minPartitions", 3).load("shop.ends");
    table.createOrReplaceTempView("ours");
    // Without filters and aggregates of the server, and read once.
    Dataset<Row> plain =
        SparkTestSession.reader(server).option("pushdown.aggregates", "false").load("shop.ends");
    plain.createOrReplaceTempView("plain");
    plain.localCheckpoint().createOrReplaceTempView("local");
  }

  @AfterAll
  static void stopServer() throws IOException {
    SparkTestSession.get().conf().set("spark.sql.ansi.enabled", "false");
    server.close();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("line")
  void everyResultIsSparksOwn(boolean ansi) {
    SparkSession.active().conf().set("spark.sql.ansi.enabled", Boolean.toString(ansi));
    for (String grouping : List.of("", " GROUP BY g")) {
      compare(each("sum", "i8", "u8", "i16", "u16", "i32", "u32", "u64", "dec"), grouping);
      compare(each("avg", "i8", "u8", "i16", "u16", "i32"), grouping);
      compare(each("avg", "u32", "i64", "u64", "n64", "dec"), grouping);
      compare("avg(u64), avg(dec), try_sum(dec), try_avg(i32), sum(i32)", grouping);
      compare(
          "try_avg(i64), sum(DISTINCT i32), avg(i64 - 1), min(i64), max(u64), count(n64)",
          grouping);
    }
  }

  /** Spark's sum wraps, or fails, and try_sum is NULL: the server does not know which it is. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSumThatIsNoBigintIsAnError(boolean ansi) {
    SparkSession.active().conf().set("spark.sql.ansi.enabled", Boolean.toString(ansi));
    for (String grouping : List.of("", " GROUP BY g")) {
      for (String function : List.of("sum(n64)", "try_sum(i64)")) {
        Exception error = assertThrows(Exception.class, () -> rows(function, "ours", grouping));
        assertTrue(String.valueOf(error).contains("pushdown.aggregates"), String.valueOf(error));
      }
      assertEquals(
          rows("try_sum(i64)", "local", grouping), rows("try_sum(i64)", "plain", grouping));
    }
    String fits = " WHERE id < 1";
    assertEquals(rows("sum(i64)", "local", fits), rows("sum(i64)", "ours", fits));
  }

  @Test
  void averagesOfNarrowIntegersArePushedAndThoseOfBigintsAreNot() {
    Dataset<Row> table = SparkTestSession.load(server, "shop.ends");
    String narrow = table.selectExpr("avg(i32)").queryExecution().executedPlan().toString();
    assertTrue(narrow.contains("aggregates=[sum i32, count i32]"), narrow);
    String wide = table.selectExpr("avg(i64)").queryExecution().executedPlan().toString();
    assertFalse(wide.contains("aggregates="), wide);
  }

  private static String each(String function, String... columns) {
    return Arrays.stream(columns)
        .map(column -> function + "(" + column + ")")
        .collect(Collectors.joining(", "));
  }

  private static void compare(String functions, String rest) {
    assertEquals(
        rows(functions, "local", rest), rows(functions, "ours", rest), () -> functions + rest);
  }

  private static List<String> rows(String functions, String from, String rest) {
    return SparkTestSession.sorted(
        SparkSession.active().sql("SELECT " + functions + " FROM " + from + rest));
  }
}
