package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tables as people make and replace them. What has no place in the engine is refused, not lost. */
class DdlTest {
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.ddl", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.ddl.endpoints", server.endpoint().toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
    assertEquals(List.of(), SparkTestSession.stagingTables(server, "shop"));
    server.execute("DROP TABLE IF EXISTS shop.t");
  }

  @Test
  void aReplacementThatFailsKeepsTheOldTable() {
    sql(
        "CREATE TABLE ddl.shop.t TBLPROPERTIES ('primaryKey' = 'id') AS SELECT 1L AS id, 'old' AS v");
    for (String query :
        List.of(
            "SELECT id, raise_error('it ends') AS v FROM range(0, 5, 1, 2)",
            "SELECT CAST(NULL AS BIGINT) AS id, 'x' AS v",
            "SELECT 2L AS id, INTERVAL '1' DAY AS v")) {
      for (String verb : List.of("CREATE OR REPLACE", "REPLACE")) {
        String statement =
            verb + " TABLE ddl.shop.t TBLPROPERTIES ('primaryKey' = 'id') AS " + query;
        assertThrows(Exception.class, () -> sql(statement), statement);
        assertRows("[1,old]");
      }
    }
    assertThrows(
        Exception.class,
        () -> sql("CREATE OR REPLACE TABLE ddl.shop.t AS SELECT 2L AS id, 'no key' AS v"));
    assertRows("[1,old]");
    assertThrows(
        Exception.class,
        () ->
            sql(
                "CREATE TABLE ddl.shop.new TBLPROPERTIES ('primaryKey' = 'id') AS"
                    + " SELECT id, raise_error('it ends') AS v FROM range(5)"));
    assertEquals(List.of("t"), SparkTestSession.query(server, "SHOW TABLES FROM shop"));
  }

  @Test
  @Tag("line")
  void aReplacementTakesThePlaceOfTheOldTable() {
    sql(
        "CREATE TABLE ddl.shop.t (id BIGINT NOT NULL, v STRING) TBLPROPERTIES ('primaryKey' = 'id')");
    sql("INSERT INTO ddl.shop.t VALUES (1, 'old')");
    sql(
        "CREATE OR REPLACE TABLE ddl.shop.t COMMENT 'squares' TBLPROPERTIES ('primaryKey' = 'n')"
            + " AS SELECT id AS n, id * id AS square FROM range(3)");
    assertRows("[0,0]", "[1,1]", "[2,4]");
    // The new one may read the old one.
    sql(
        "REPLACE TABLE ddl.shop.t COMMENT 'cubes' TBLPROPERTIES ('primaryKey' = 'n')"
            + " AS SELECT n, n * square AS cube FROM ddl.shop.t");
    assertRows("[0,0]", "[1,1]", "[2,8]");
    assertEquals(
        List.of("cubes"),
        SparkTestSession.query(
            server, "SELECT comment FROM system.tables WHERE database = 'shop' AND name = 't'"));
    sql("CREATE OR REPLACE TABLE ddl.shop.t (k INT NOT NULL) TBLPROPERTIES ('primaryKey' = 'k')");
    assertRows();
  }

  @Test
  @Tag("line")
  void aDataFrameBecomesATableByItsOptions() {
    Dataset<Row> rows = sql("SELECT 1L AS id, 'a' AS v UNION ALL SELECT 2L, 'b'");
    rows.write().option("primaryKey", "ID").saveAsTable("ddl.shop.t");
    assertRows("[1,a]", "[2,b]");
    rows.limit(1)
        .write()
        .format("theflash")
        .mode("overwrite")
        .option("primaryKey", "id")
        .saveAsTable("ddl.shop.t");
    assertRows("[1,a]");
    rows.write().mode("append").saveAsTable("ddl.shop.t");
    assertRows("[1,a]", "[2,b]");
  }

  @Test
  void textsOfALengthPositionsAndCommentsAreKept() {
    sql(
        "CREATE TABLE ddl.shop.t (id BIGINT NOT NULL COMMENT 'the number', name VARCHAR(3), code CHAR(2))"
            + " TBLPROPERTIES ('primaryKey' = 'id')");
    sql("ALTER TABLE ddl.shop.t ADD COLUMN note STRING COMMENT 'of a person' AFTER id");
    sql("INSERT INTO ddl.shop.t (code, id, name, note) VALUES ('xy', 1, 'abc', NULL)");
    assertRows("[1,null,abc,xy]");
    Exception error =
        assertThrows(
            Exception.class, () -> sql("INSERT INTO ddl.shop.t VALUES (2, NULL, 'abcd', 'xy')"));
    assertTrue(error.toString().contains("shop.t.name can't hold"), error.toString());
    assertEquals(
        List.of("the number", "of a person", "varchar(3)", "char(2)"),
        SparkTestSession.query(
            server,
            "SELECT comment FROM system.columns WHERE database = 'shop' AND table = 't'"
                + " AND NOT startsWith(name, '_') ORDER BY position"));
  }

  @Test
  @Tag("line")
  void whatWouldBeLostIsRefused() {
    for (String[] wrong :
        new String[][] {
          {
            "CREATE TABLE ddl.shop.t (id INT) TBLPROPERTIES ('primarykeys' = 'id')",
            "mean primaryKey"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT) USING orc TBLPROPERTIES ('primaryKey' = 'id')",
            "USING orc"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT) LOCATION '/x' TBLPROPERTIES ('primaryKey' = 'id')",
            "location"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT COMMENT 'time') TBLPROPERTIES ('primaryKey' = 'id')",
            "comment"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT, b BINARY COMMENT 'a picture') TBLPROPERTIES ('primaryKey' = 'id')",
            "comment"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT, v INT DEFAULT 5) TBLPROPERTIES ('primaryKey' = 'id')",
            ""
          },
          {
            "CREATE TABLE ddl.shop.t (id INT) USING parquet TBLPROPERTIES ('primaryKey' = 'id')",
            "USING parquet"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT) TBLPROPERTIES ('primaryKey' = 'id', 'snapshot' = 's')",
            "snapshot"
          },
          {
            "CREATE TABLE ddl.shop.t (id INT) OPTIONS (primaryKey 'id', retries '5')",
            "option retries has no effect"
          },
          {"CREATE NAMESPACE ddl.more LOCATION '/x'", "location"},
          {"CREATE NAMESPACE ddl.more WITH DBPROPERTIES (a = 'b')", "property a"},
        }) {
      Exception error = assertThrows(Exception.class, () -> sql(wrong[0]), wrong[0]);
      assertTrue(error.toString().contains(wrong[1]), wrong[0] + ": " + error);
    }
    // Names of columns are Spark's, whose case does not count.
    sql("CREATE TABLE ddl.shop.t (id INT, v INT) TBLPROPERTIES ('primaryKey' = 'ID')");
    for (String[] wrong :
        new String[][] {
          {"ALTER TABLE ddl.shop.t ADD COLUMN w INT DEFAULT 5", "keeps no DEFAULT"},
          {"ALTER TABLE ddl.shop.t ADD COLUMNS (w INT, m INTERVAL DAY)", "m is interval day"},
        }) {
      Exception error = assertThrows(Exception.class, () -> sql(wrong[0]), wrong[0]);
      assertTrue(error.toString().contains(wrong[1]), wrong[0] + ": " + error);
    }
    assertEquals("id INT NOT NULL,v INT", ddl());
    Exception ofKey =
        assertThrows(Exception.class, () -> sql("ALTER TABLE ddl.shop.t DROP COLUMN id"));
    assertTrue(ofKey.toString().contains("id is of the primary key of shop.t"), ofKey.toString());
    Exception misspelt =
        assertThrows(
            Exception.class,
            () -> SparkTestSession.reader(server).option("minPartition", 3).load("shop.t"));
    assertTrue(misspelt.toString().contains("mean minPartitions?"), misspelt.toString());
  }

  @Test
  void commentsOfDatabasesAreKept() {
    sql("CREATE NAMESPACE ddl.noted COMMENT 'it\\'s ours'");
    assertEquals(
        List.of("it's ours"),
        SparkTestSession.query(
            server, "SELECT comment FROM system.databases WHERE name = 'noted'"));
    assertTrue(
        SparkTestSession.sorted(sql("DESCRIBE NAMESPACE ddl.noted"))
            .contains("[Comment,it's ours]"));
    sql("DROP NAMESPACE ddl.noted");
  }

  private static String ddl() {
    return sql("SELECT * FROM ddl.shop.t").schema().toDDL();
  }

  private static void assertRows(String... expected) {
    assertEquals(List.of(expected), SparkTestSession.sorted(sql("SELECT * FROM ddl.shop.t")));
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
