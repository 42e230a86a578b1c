package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The recorded shop through {@code spark.sql.catalog}, and DDL. */
class CatalogTest {
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    Path shop = ServeProcess.root().resolve("examples/shop");
    server =
        ServeProcess.startWithLogs(shop.resolve("binlog.000001"), shop.resolve("binlog.000002"));
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.flash", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.flash.endpoints", server.endpoint().toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @Test
  void theShopIsWhatItsOwnServerGave() throws IOException {
    List<String> lines =
        Files.readAllLines(
            ServeProcess.root().resolve("examples/shop/expected/order_items.tsv"),
            StandardCharsets.UTF_8);
    List<Row> rows = sql("SELECT * FROM flash.shop.order_items ORDER BY order_id, line");
    assertEquals(lines.size() - 1, rows.size());
    int quantity = List.of(lines.get(0).split("\t")).indexOf("line");
    for (int index = 0; index < rows.size(); index += 1) {
      String[] cells = lines.get(index + 1).split("\t");
      assertEquals(cells[0], rows.get(index).get(0).toString());
      assertEquals(cells[quantity], rows.get(index).get(quantity).toString());
    }
  }

  @Test
  void joinsAndGroupsAreSparks() {
    List<Row> totals =
        sql(
            "SELECT o.status, count(DISTINCT o.id), sum(o.total) FROM flash.shop.orders o"
                + " LEFT JOIN flash.shop.customers c ON c.id = o.customer_id"
                + " GROUP BY o.status ORDER BY o.status");
    assertEquals(
        List.of("[new,133,26071.25]", "[paid,212,43681.06]", "[sent,52,9746.96]"),
        totals.stream().map(Row::toString).toList());
  }

  @Test
  void aJoinFiltersTheLargeSideByTheKeysOfTheSmallOne() {
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.optimizer.dynamicPartitionPruning.fallbackFilterRatio", "10");
    // Spark looks for a filter of its own on the small side: one that was pushed is none to it.
    Dataset<Row> joined =
        spark.sql(
            "SELECT i.line FROM flash.shop.order_items i JOIN flash.shop.orders o"
                + " ON i.order_id = o.id WHERE o.total * 2 > 1000");
    Set<Object> large =
        sql("SELECT id FROM flash.shop.orders WHERE total > 500").stream()
            .map(row -> row.get(0))
            .collect(Collectors.toSet());
    long expected =
        sql("SELECT order_id FROM flash.shop.order_items").stream()
            .filter(row -> large.contains(row.get(0)))
            .count();
    String plan = joined.queryExecution().executedPlan().toString();
    assertTrue(plan.contains("RuntimeFilters: [dynamicpruning"), plan);
    assertTrue(expected > 0);
    assertEquals(expected, joined.count());
  }

  @Test
  void databasesAndTablesAreListed() {
    assertTrue(
        sql("SHOW NAMESPACES IN flash").stream().anyMatch(row -> row.getString(0).equals("shop")));
    assertEquals(
        List.of("customers", "order_items", "orders", "products"),
        sql("SHOW TABLES IN flash.shop").stream().map(row -> row.getString(1)).sorted().toList());
    assertThrows(Exception.class, () -> sql("SELECT * FROM flash.shop.nothing"));
    assertThrows(Exception.class, () -> sql("SELECT * FROM flash.nothing.orders"));
  }

  @Test
  @Tag("line")
  void tablesAreMadeChangedAndDropped() {
    sql("CREATE NAMESPACE flash.`new one`");
    sql(
        "CREATE TABLE flash.`new one`.`t.x` (id BIGINT NOT NULL, `a b` STRING, at TIMESTAMP,"
            + " wall TIMESTAMP_NTZ, price DECIMAL(20, 4), raw BINARY, tags ARRAY<STRING>, ok BOOLEAN, day DATE)"
            + " TBLPROPERTIES ('primaryKey' = 'id')");
    sql("ALTER TABLE flash.`new one`.`t.x` ADD COLUMN more DOUBLE");
    sql("ALTER TABLE flash.`new one`.`t.x` RENAME COLUMN more TO less");
    sql("ALTER TABLE flash.`new one`.`t.x` DROP COLUMN ok");
    server.execute(
        "INSERT INTO `new one`.`t.x` VALUES (1, 'x', '2024-01-01 00:00:00', '2024-01-01 00:00:00', 1.5, unhex('FF'),"
            + " ['p', NULL], '2024-02-29', 0.5)");
    assertEquals(
        "id BIGINT NOT NULL,a b STRING,at TIMESTAMP,wall TIMESTAMP_NTZ,price DECIMAL(20,4),raw BINARY,"
            + "tags ARRAY<STRING> NOT NULL,day DATE,less DOUBLE",
        SparkTestSession.get().table("flash.`new one`.`t.x`").schema().toDDL().replace("`", ""));
    Row row = sql("SELECT * FROM flash.`new one`.`t.x` WHERE `a b` = 'x'").get(0);
    assertEquals("x", row.getString(1));
    assertEquals(LocalDateTime.of(2024, 1, 1, 0, 0), row.get(3));
    assertEquals(Arrays.asList("p", null), row.getList(6));
    sql("ALTER TABLE flash.`new one`.`t.x` RENAME TO `new one`.y");
    assertEquals(1, sql("SELECT * FROM flash.`new one`.y").size());
    assertThrows(Exception.class, () -> sql("DROP NAMESPACE flash.`new one` RESTRICT"));
    sql("DROP TABLE flash.`new one`.y");
    sql("DROP NAMESPACE flash.`new one`");
  }

  /** Cases of spark-clickhouse-connector's suites that no other test has. */
  @Test
  void viewsPartsAndCachesAreReadAndWritesWithoutRowsDone() {
    server.execute(
        "CREATE DATABASE peer; CREATE TABLE peer.t (id Nullable(Int32), p Int32) ENGINE ="
            + " MutableMergeTree ORDER BY (id) SETTINGS allow_nullable_key = 1;"
            + " CREATE VIEW peer.v AS SELECT id, p + 1 AS q FROM peer.t;"
            + " CREATE TABLE peer.parts (id Int32, p Int32) ENGINE = MergeTree PARTITION BY p ORDER"
            + " BY id; INSERT INTO peer.parts SELECT number, number % 3 FROM numbers(10)");
    sql("INSERT INTO flash.peer.t VALUES (NULL, 1), (2, 2), (3, 3)");
    sql("INSERT INTO flash.peer.t SELECT 9, 9 WHERE false");
    assertEquals("[[2,3], [null,2]]", sorted("SELECT * FROM flash.peer.v WHERE q < 4"));
    assertEquals("[[4]]", sorted("SELECT max(q) FROM flash.peer.v"));
    assertEquals("[[3,4]]", sorted("SELECT * FROM flash.peer.v ORDER BY q DESC LIMIT 1"));
    assertEquals(
        "[[1,3], [2,3]]",
        sorted("SELECT p, count(*) FROM flash.peer.parts WHERE p > 0 GROUP BY p"));
    sql("CACHE TABLE flash.peer.t");
    assertEquals("[[2,2]]", sorted("SELECT * FROM flash.peer.t WHERE id = 2"));
    sql("INSERT INTO flash.peer.t VALUES (2, 7)");
    assertEquals("[[2,7]]", sorted("SELECT * FROM flash.peer.t WHERE id = 2"));
    sql("UNCACHE TABLE flash.peer.t");
    sql("INSERT OVERWRITE flash.peer.t SELECT 1, 1 WHERE false");
    assertEquals("[]", sorted("SELECT * FROM flash.peer.t"));
    for (String wrong :
        List.of(
            "SHOW PARTITIONS flash.peer.parts",
            "ALTER TABLE flash.peer.parts DROP PARTITION (p = 1)",
            "SELECT _partition_id FROM flash.peer.parts",
            "SELECT * FROM flash.system.one")) {
      assertThrows(Exception.class, () -> sql(wrong), wrong);
    }
    server.execute("DROP DATABASE peer");
  }

  private static String sorted(String query) {
    return SparkTestSession.sorted(SparkTestSession.get().sql(query)).toString();
  }

  @Test
  void whatCanNotBeMadeSaysWhy() {
    for (String[] wrong :
        new String[][] {
          {"CREATE TABLE flash.shop.t (id BIGINT)", "primaryKey"},
          {"CREATE TABLE flash.shop.t (id BIGINT) TBLPROPERTIES ('primaryKey'='x')", "no column x"},
          {
            "CREATE TABLE flash.shop.t (id BIGINT, m INTERVAL DAY) TBLPROPERTIES ('primaryKey'='id')",
            "interval day"
          },
          {"ALTER TABLE flash.shop.orders ALTER COLUMN total TYPE DOUBLE", ""},
        }) {
      Exception error = assertThrows(Exception.class, () -> sql(wrong[0]), wrong[0]);
      assertTrue(error.getMessage().contains(wrong[1]), error.getMessage());
    }
  }

  private static List<Row> sql(String text) {
    return SparkTestSession.get().sql(text).collectAsList();
  }
}
