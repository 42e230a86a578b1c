package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a scan that ends early, goes wrong, or runs while the table changes. */
@Timeout(600)
class LifecycleTest {
  private static final long ROWS = 2_000_000;
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    fill(server, ROWS);
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
  void aLimitEndsTheQueriesOnTheServer() throws InterruptedException {
    // The limit stands after a filter that only Spark evaluates, so that it can't be pushed.
    Dataset<Row> rows = SparkTestSession.load(server, "shop.numbers").where("length(text) > 3");
    assertEquals(3, rows.limit(3).collectAsList().size());
    SparkTestSession.waitUntil(() -> server.openRequests() == 0);
  }

  @Test
  void aCancelledJobEndsItsQueriesOnTheServer() throws Exception {
    SparkSession spark = SparkTestSession.get();
    CompletableFuture<Throwable> job =
        CompletableFuture.supplyAsync(
            () -> {
              spark.sparkContext().setJobGroup("slow", "a slow reader", true);
              return assertThrows(Exception.class, LifecycleTest::readSlowly);
            });
    SparkTestSession.waitUntil(() -> server.openRequests() > 0);
    spark.sparkContext().cancelJobGroup("slow");
    assertTrue(job.get().getMessage().contains("cancelled"), job.get().getMessage());
    SparkTestSession.waitUntil(() -> server.openRequests() == 0);
  }

  @Test
  void aServerThatIsKilledFailsTheJobAndGivesNoShortResult() throws Exception {
    try (ServeProcess victim = ServeProcess.start()) {
      fill(victim, ROWS);
      Dataset<Row> rows = SparkTestSession.reader(victim).option("retries", 0).load("shop.numbers");
      CompletableFuture<Throwable> job =
          CompletableFuture.supplyAsync(
              () -> assertThrows(Exception.class, () -> slowly(rows).count()));
      SparkTestSession.waitUntil(() -> victim.openRequests() > 0);
      victim.kill();
      String message = job.get().toString();
      assertTrue(message.contains("CONNECTION"), message);
    }
  }

  @Test
  void ticketsOfAServerThatWasStartedAnewAreRefused() throws Exception {
    try (ServeProcess first = ServeProcess.start()) {
      fill(first, 1000);
      Dataset<Row> rows = SparkTestSession.load(first, "shop.numbers");
      assertEquals(1000, rows.collectAsList().size());
      first.kill();
      try (ServeProcess second = ServeProcess.restart(first)) {
        // The same DataFrame keeps its plan, and with it the tickets of the first server.
        Exception error = assertThrows(Exception.class, rows::collectAsList);
        assertTrue(error.toString().contains("TICKET"), error.toString());
        assertEquals(1000, SparkTestSession.load(second, "shop.numbers").count());
      }
    }
  }

  @Test
  void allTasksOfAScanSeeOneMoment() {
    server.execute(
        "CREATE TABLE shop.moving (id Int64, v Int64) ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute("INSERT INTO shop.moving SELECT number, 0 FROM numbers(100000)");
    Dataset<Row> rows =
        SparkTestSession.reader(server).option("minPartitions", 8).load("shop.moving");
    Dataset<Row> sums = rows.selectExpr("count(*)", "sum(v)");
    // Planned, and then changed before any task read.
    assertTrue(rows.queryExecution().executedPlan().execute().getNumPartitions() >= 8);
    server.execute("UPSERT INTO shop.moving SELECT number, 1 FROM numbers(200000)");
    assertEquals(0L, rows.collectAsList().stream().mapToLong(each -> each.getLong(1)).sum());
    assertEquals("[200000,200000]", sums.collectAsList().get(0).toString());
  }

  @Test
  void aNamedSnapshotIsSharedBySeveralTables() {
    server.execute("CREATE TABLE shop.a (id Int64) ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute("CREATE TABLE shop.b (id Int64) ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute("INSERT INTO shop.a VALUES (1); INSERT INTO shop.b VALUES (1)");
    server.execute("CREATE SNAPSHOT `both` OF shop.a, shop.b EXPIRES IN 600 SECONDS");
    server.execute("INSERT INTO shop.a VALUES (2); INSERT INTO shop.b VALUES (2)");
    for (String table : List.of("shop.a", "shop.b")) {
      assertEquals(
          1, SparkTestSession.reader(server).option("snapshot", "both").load(table).count());
      assertEquals(2, SparkTestSession.load(server, table).count());
    }
    server.execute("DROP SNAPSHOT `both`");
  }

  @Test
  void aSnapshotThatExpiredIsAnError() throws InterruptedException {
    server.execute("CREATE SNAPSHOT `brief` OF shop.numbers EXPIRES IN 2 SECONDS");
    Dataset<Row> rows =
        SparkTestSession.reader(server).option("snapshot", "brief").load("shop.numbers");
    assertTrue(rows.queryExecution().executedPlan().execute().getNumPartitions() > 0);
    SparkTestSession.waitUntil(() -> !snapshotNames(server).contains("brief"));
    Exception error = assertThrows(Exception.class, rows::collectAsList);
    assertTrue(error.toString().contains("EXPIRED"), error.toString());
  }

  @Test
  void aColumnThatIsGoneIsAnErrorThatNamesIt() {
    server.execute(
        "CREATE TABLE shop.changing (id Int64, gone Int64) ENGINE = MutableMergeTree ORDER BY (id)");
    Dataset<Row> rows = SparkTestSession.load(server, "shop.changing");
    server.execute("ALTER TABLE shop.changing DROP COLUMN gone");
    Exception error = assertThrows(Exception.class, rows::collectAsList);
    assertTrue(error.toString().contains("gone"), error.toString());
  }

  @Test
  void aForgottenScanDropsItsSnapshot() throws Exception {
    try (ServeProcess own = ServeProcess.start()) {
      fill(own, 1000);
      assertEquals(1000, SparkTestSession.load(own, "shop.numbers").collectAsList().size());
      assertTrue(countSnapshots(own) > 0);
      SparkTestSession.waitUntil(
          () -> {
            System.gc();
            return countSnapshots(own) == 0;
          });
    }
  }

  @Test
  void twoShardsAreReadAsOneTable() throws IOException {
    try (ServeProcess other = ServeProcess.start()) {
      fill(other, 1000);
      other.execute("UPDATE shop.numbers SET text = 'other' WHERE id >= 0");
      Dataset<Row> rows =
          SparkTestSession.get()
              .read()
              .format("theflash")
              .option("endpoints", server.endpoint() + "," + other.endpoint())
              .load("shop.numbers");
      assertEquals(ROWS + 1000, rows.count());
      assertEquals(1000, rows.where("text = 'other'").count());
      assertEquals(5, rows.limit(5).count());
    }
  }

  @Test
  void theTokenIsInNoPlanAndNoError(@TempDir Path folder) throws IOException {
    String token = "a token of thirty-two characters";
    Path file = Files.writeString(folder.resolve("token"), token);
    try (ServeProcess secured = ServeProcess.start("--token-file", file.toString())) {
      Exception error =
          assertThrows(
              UncheckedIOException.class,
              () ->
                  SparkTestSession.reader(secured)
                      .option("token", token + "!")
                      .load("shop.numbers"));
      assertFalse(error.toString().contains("thirty-two"), error.toString());
      assertTrue(error.toString().contains("AUTH"), error.toString());
      SparkSession spark = SparkTestSession.get();
      spark.conf().set("spark.sql.catalog.secured", FlashCatalog.class.getName());
      spark.conf().set("spark.sql.catalog.secured.endpoints", secured.endpoint().toString());
      spark.conf().set("spark.sql.catalog.secured.token", token);
      spark.sql("CREATE NAMESPACE secured.shop");
      spark.sql("CREATE TABLE secured.shop.t (id INT) TBLPROPERTIES ('primaryKey' = 'id')");
      assertTrue(
          spark.sql("SET").collectAsList().stream()
              .noneMatch(row -> row.toString().contains(token)));
      Dataset<Row> rows = SparkTestSession.reader(secured).option("token", token).load("shop.t");
      assertEquals(0, rows.count());
      assertFalse(SparkTestSession.explain(rows).contains("thirty-two"));
    }
  }

  private static long readSlowly() {
    return slowly(SparkTestSession.load(server, "shop.numbers")).count();
  }

  /** Takes about a millisecond for 64 rows, so that a scan lasts until the test ends it. */
  private static Dataset<Long> slowly(Dataset<Row> rows) {
    MapPartitionsFunction<Row, Long> count =
        input -> {
          long seen = 0;
          for (; input.hasNext(); seen += 1) {
            input.next();
            if (seen % 64 == 0) {
              Thread.sleep(1);
            }
          }
          return List.of(seen).iterator();
        };
    return rows.mapPartitions(count, Encoders.LONG());
  }

  private static void fill(ServeProcess target, long rows) {
    target.execute("CREATE DATABASE shop");
    target.execute(
        "CREATE TABLE shop.numbers (id Int64, text String) ENGINE = MutableMergeTree ORDER BY (id)");
    target.execute(
        "INSERT INTO shop.numbers SELECT number, concat('row ', toString(number), repeat(' ', 40))"
            + " FROM numbers("
            + rows
            + ")");
  }

  private static long countSnapshots(ServeProcess target) {
    return snapshotNames(target).size();
  }

  private static List<String> snapshotNames(ServeProcess target) {
    return SparkTestSession.query(target, "SHOW SNAPSHOTS");
  }
}
