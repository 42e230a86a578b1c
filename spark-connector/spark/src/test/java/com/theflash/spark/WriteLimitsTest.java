package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The ends of each engine type: written they are read back, as a value, as a nullable one and in an
 * array; one step beyond them no row of the job is there.
 */
class WriteLimitsTest {
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.limits", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.limits.endpoints", server.endpoint().toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
    assertEquals(List.of(), SparkTestSession.stagingTables(server, "shop"));
  }

  @Test
  void theEndsOfEveryTypeComeBack() {
    List<TypeEnds> types = TypeEnds.all();
    makeTable(types.stream().map(TypeEnds::type).toArray(String[]::new));
    StringBuilder first = new StringBuilder("SELECT 1L AS id, 0 AS m");
    StringBuilder second = new StringBuilder(" UNION ALL SELECT 2L, 0");
    for (int index = 0; index < types.size(); index += 1) {
      TypeEnds each = types.get(index);
      first.append(
          ", %1$s AS v%2$d, %1$s AS n%2$d, array(%1$s) AS a%2$d".formatted(each.least(), index));
      second.append(", %2$s, NULL, array(%2$s, %1$s)".formatted(each.least(), each.greatest()));
    }
    sql("INSERT INTO limits.shop.t " + first + second);
    List<String> expected = text(sql(first.toString() + second));
    assertEquals(expected, text(sql("SELECT * FROM limits.shop.t")));
    // An UPDATE reads and writes the values of all columns.
    sql("UPDATE limits.shop.t SET m = 1");
    assertEquals(expected, text(sql("SELECT * FROM limits.shop.t")));
    assertEquals(2, sql("SELECT * FROM limits.shop.t WHERE m = 1").count());
  }

  /** All types and places are FieldWriterTest's. */
  @Test
  void oneStepBeyondTheEndsStopsTheJob() {
    makeTable("UInt8", "Date", "DateTime", "FixedString(4)");
    String good =
        "SELECT 1L AS id, 0 AS m, 1S AS v0, 1S AS n0, array(1S) AS a0, DATE'2000-01-01' AS v1,"
            + " DATE'2000-01-01' AS n1, array(DATE'2000-01-01') AS a1, TIMESTAMP'2000-01-01' AS v2,"
            + " TIMESTAMP'2000-01-01' AS n2, array(TIMESTAMP'2000-01-01') AS a2, X'31323334' AS v3,"
            + " X'31323334' AS n3, array(X'31323334') AS a3";
    for (String[] wrong :
        new String[][] {
          {"v0", "256S", "can't hold 256"},
          {"a0", "array(1S, -1S)", "can't hold -1"},
          {"n1", "DATE'2200-01-01'", "can't hold 2200-01-01"},
          {"n2", "TIMESTAMP'1960-01-01'", "can't hold 1960-01-01T00:00:00Z"},
          {"a2", "array(TIMESTAMP'2106-02-07 06:28:16')", "can't hold 2106-02-07T06:28:16Z"},
          {"n3", "X'010203040506'", "can't hold X'010203040506', 6 bytes"},
        }) {
      Dataset<Row> rows =
          sql(good)
              .union(
                  sql(good)
                      .withColumn("id", functions.lit(2L))
                      .withColumn(wrong[0], functions.expr(wrong[1])));
      Exception error =
          assertThrows(Exception.class, () -> rows.writeTo("limits.shop.t").append(), wrong[0]);
      String message = "Column shop.t." + wrong[0] + " " + wrong[2];
      assertTrue(String.valueOf(error).contains(message), message + ", not " + error);
      assertEquals(0, sql("SELECT * FROM limits.shop.t").count());
    }
  }

  @Test
  void timesOfMysqlAreWrittenAsTheyAreRead() {
    server.execute("DROP TABLE IF EXISTS shop.times");
    server.execute(
        "CREATE TABLE shop.times (id Int64, a Time64(6) COMMENT 'time(6)', b Nullable(Time64(0))"
            + " COMMENT 'time', v Nullable(Int32)) ENGINE = MutableMergeTree ORDER BY (id)");
    sql(
        "INSERT INTO limits.shop.times VALUES (1, -3020399000000, 3020399000000, 0),"
            + " (2, -1, -1999999, 0), (3, 0, NULL, 0)");
    sql("UPDATE limits.shop.times SET v = 1");
    assertEquals(
        List.of(
            "-838:59:59.000000 838:59:59", "-00:00:00.000001 -00:00:01", "00:00:00.000000 null"),
        SparkTestSession.query(
            server,
            "SELECT concat(toString(a), ' ', ifNull(toString(b), 'null')) FROM shop.times WHERE v = 1 ORDER BY id"));
    for (String beyond : List.of("3020399000001", "-3020399000001")) {
      Exception error =
          assertThrows(
              Exception.class,
              () -> sql("INSERT INTO limits.shop.times VALUES (4, " + beyond + ", NULL, 0)"));
      assertTrue(error.toString().contains("shop.times.a can't hold " + beyond), error.toString());
    }
    server.execute("DROP TABLE shop.times");
  }

  @Test
  void fractionsAreCutBefore1970AsAfterIt() {
    makeTable("DateTime64(0, 'UTC')");
    sql(
        "INSERT INTO limits.shop.t SELECT 1L, 0, TIMESTAMP'1969-12-31 23:59:58.9',"
            + " TIMESTAMP'1970-01-01 00:00:01.9', array(TIMESTAMP'1900-01-01 00:00:00.000001')");
    assertEquals(
        List.of("[1,1969-12-31T23:59:58Z,1970-01-01T00:00:01Z,[1900-01-01T00:00:00Z]]"),
        text(sql("SELECT * FROM limits.shop.t")));
  }

  /** Of each type a column, a nullable one, and an array. */
  private static void makeTable(String... types) {
    StringBuilder columns = new StringBuilder("id Int64, m Int32");
    for (int index = 0; index < types.length; index += 1) {
      columns.append(
          ", v%1$d %2$s, n%1$d Nullable(%2$s), a%1$d Array(%2$s)".formatted(index, types[index]));
    }
    server.execute("DROP TABLE IF EXISTS shop.t");
    server.execute("CREATE TABLE shop.t (" + columns + ") ENGINE = MutableMergeTree ORDER BY (id)");
  }

  /** The rows without m, bytes as hex. */
  private static List<String> text(Dataset<Row> rows) {
    String[] shown =
        Arrays.stream(rows.schema().fields())
            .filter(each -> !each.name().equals("m"))
            .map(
                each ->
                    switch (each.dataType().catalogString()) {
                      case "binary" -> "hex(" + each.name() + ")";
                      case "array<binary>" -> "transform(" + each.name() + ", e -> hex(e))";
                      default -> each.name();
                    })
            .toArray(String[]::new);
    return SparkTestSession.sorted(rows.selectExpr(shown)).stream()
        .map(each -> each.replaceAll("\\w*(Array|Seq)\\(", "[").replace(")", "]"))
        .toList();
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
