package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Structs, maps and arrays of them: what Spark wrote is what it reads, and what the engine has. */
class NestedWriteTest {
  /** More than one batch of a task has. */
  private static final int ROWS = 70_000;

  private static final String COLUMNS =
      "s STRUCT<a: INT, d: DATE, `b c`: STRUCT<t: TIMESTAMP, n: TIMESTAMP_NTZ, x: DECIMAL(20, 3)>>,"
          + " m MAP<STRING, DATE>, ms MAP<BIGINT, STRUCT<v: STRING, l: ARRAY<BOOLEAN>>>,"
          + " l ARRAY<STRUCT<k: INT, m: MAP<INT, DOUBLE>>>";

  private static final String VALUES =
      "named_struct('a', IF(id % 3 = 0, NULL, INT(id)), 'd', DATE '1600-01-01' + INT(id * 37 % 400000),"
          + " 'b c', named_struct('t', timestamp_seconds(id * 90061), 'n', IF(id % 5 = 0, NULL,"
          + " TIMESTAMP_NTZ '1999-12-31 23:59:59.999999'), 'x', CAST(id / 7 AS DECIMAL(20, 3)))) AS s,"
          + " IF(id % 4 = 0, map(), map('k', DATE '2024-02-29', concat('ü', id), NULL)) AS m,"
          + " map(id, named_struct('v', IF(id % 2 = 0, NULL, 'v'), 'l', array(true, NULL, false)),"
          + " -1L, named_struct('v', '', 'l', array())) AS ms,"
          + " transform(sequence(1, INT(id % 3)), i -> named_struct('k', i, 'm', map(i, i / 2D)))"
          + " AS l";

  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    var conf = SparkTestSession.get().conf();
    conf.set("spark.sql.catalog.nested", FlashCatalog.class.getName());
    conf.set("spark.sql.catalog.nested.endpoints", server.endpoint().toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @AfterEach
  void dropTable() throws IOException {
    assertEquals(List.of(), SparkTestSession.stagingTables(server, "shop"));
    server.execute("DROP TABLE IF EXISTS shop.t");
  }

  @Test
  @Tag("line")
  void whatIsWrittenIsRead() {
    sql(
        "CREATE TABLE nested.shop.t (id BIGINT NOT NULL, "
            + COLUMNS
            + ") TBLPROPERTIES ('primaryKey' = 'id')");
    Dataset<Row> rows = sql("SELECT id, " + VALUES + " FROM range(1, " + ROWS + ", 1, 2)");
    rows.createOrReplaceTempView("rows");
    sql("INSERT INTO nested.shop.t SELECT * FROM rows");
    assertSame("SELECT * FROM rows");
    // Others stay as they were, and so do their other columns.
    sql("UPDATE nested.shop.t SET m = map('new', DATE '1600-02-29'), s.a = 7 WHERE id % 1000 = 1");
    sql("DELETE FROM nested.shop.t WHERE id % 1000 = 2");
    assertSame(
        "SELECT id, IF(id % 1000 = 1, named_struct('a', 7, 'd', s.d, 'b c', s.`b c`), s) AS s,"
            + " IF(id % 1000 = 1, map('new', DATE '1600-02-29'), m) AS m, ms, l"
            + " FROM rows WHERE id % 1000 <> 2");
    assertEquals(
        List.of("7 1600-02-29 1970-01-02 01:01:01.000000 0.143"),
        SparkTestSession.query(
            server,
            "SELECT concat(s.a::String, ' ', m['new']::String, ' ', s.`b c`.t::String, ' ',"
                + " s.`b c`.x::String) FROM shop.t WHERE id = 1"));
  }

  @Test
  void aTableIsMadeOfAQuery() {
    sql(
        "CREATE TABLE nested.shop.t TBLPROPERTIES ('primaryKey' = 'id') AS SELECT id, "
            + VALUES
            + " FROM range(1, 20)");
    assertSame("SELECT id, " + VALUES + " FROM range(1, 20)");
    assertEquals(
        sql("SELECT id, " + VALUES + " FROM range(1)").schema().simpleString(),
        SparkTestSession.load(server, "shop.t").schema().simpleString());
  }

  @Test
  void whatHoldsValuesIsNoNull() {
    for (String type : List.of("STRUCT<a: INT>", "MAP<INT, INT>", "ARRAY<INT>")) {
      String statement =
          "CREATE TABLE nested.shop.t TBLPROPERTIES ('primaryKey' = 'id') AS"
              + " SELECT id, IF(id = 3, NULL, CAST(NULL AS "
              + type
              + ")) AS v FROM range(5)";
      Exception error = assertThrows(Exception.class, () -> sql(statement), statement);
      assertTrue(error.toString().contains("v can't hold NULL"), error.toString());
    }
  }

  @Test
  void theEnginesOwnTypesAreFilled() {
    server.execute(
        "CREATE TABLE shop.t (id Int32, u Tuple(UInt8, Nullable(Date)), m Map(UUID, Enum8('p' = 1)),"
            + " n Nested(x UInt64, y FixedString(2))) ENGINE = MutableMergeTree ORDER BY (id)"
            + " SETTINGS flatten_nested = 0");
    sql(
        "INSERT INTO nested.shop.t VALUES (1, named_struct('1', 255, '2', DATE '2149-06-06'),"
            + " map('00112233-4455-6677-8899-aabbccddeeff', 'p'),"
            + " array(named_struct('x', 18446744073709551615BD, 'y', X'6162')))");
    assertEquals(
        List.of(
            "(255,'2149-06-06') {'00112233-4455-6677-8899-aabbccddeeff':'p'}"
                + " [(18446744073709551615,'ab')]"),
        SparkTestSession.query(
            server, "SELECT concat(toString(u), ' ', toString(m), ' ', toString(n)) FROM shop.t"));
    for (String[] wrong :
        new String[][] {
          {"named_struct('1', 256, '2', NULL)", "map()", "shop.t.u.1 can't hold 256"},
          {"named_struct('1', 1, '2', DATE '1969-12-31')", "map()", "shop.t.u.2 can't hold 1969"},
          {"named_struct('1', 1, '2', NULL)", "map('x', 'p')", "shop.t.m can't hold 'x'"},
          {
            "named_struct('1', 1, '2', NULL)",
            "map('00112233-4455-6677-8899-aabbccddeeff', 'q')",
            "shop.t.m can't hold 'q'"
          },
        }) {
      String insert =
          "INSERT INTO nested.shop.t VALUES (2, " + wrong[0] + ", " + wrong[1] + ", array())";
      Exception error = assertThrows(Exception.class, () -> sql(insert), insert);
      assertTrue(error.toString().contains(wrong[2]), wrong[2] + ": " + error);
    }
    assertEquals(
        List.of("1"), SparkTestSession.query(server, "SELECT count()::String FROM shop.t"));
  }

  /** Holds the table against what Spark itself computes, as JSON: maps have no order in SQL. */
  private static void assertSame(String expected) {
    String json =
        "SELECT to_json(named_struct('id', id, 's', s, 'm', m, 'ms', ms, 'l', l),"
            + " map('ignoreNullFields', 'false')) FROM ";
    List<String> want = SparkTestSession.sorted(sql(json + "(" + expected + ")"));
    List<String> found = SparkTestSession.sorted(sql(json + "nested.shop.t"));
    assertEquals(want.size(), found.size());
    for (int index = 0; index < want.size(); index += 1) {
      assertEquals(want.get(index), found.get(index));
    }
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
