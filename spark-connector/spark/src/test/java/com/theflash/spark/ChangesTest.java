package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: the changes of a table, in batch and as a stream, bring what Spark holds to what the table
 * is, each change once. Method: what snapshots hold, by the engine's own SELECT, is the truth.
 */
@Timeout(900)
class ChangesTest {
  private static ServeProcess server;
  private static int tables;
  private static int snapshots;

  @TempDir Path folder;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE feed");
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
  void foldedChangesAreTheTableAtEveryTenthVersion() {
    Random random = seeded();
    String table = createTable();
    Map<String, String> state = new TreeMap<>();
    long version = 0;
    for (int step = 1; step <= 60; step += 1) {
      server.execute(randomWrite(random, table));
      if (step % 10 != 0) {
        continue;
      }
      String snapshot = keep(table);
      Dataset<Row> changes =
          changes(table, version)
              .option("snapshot", snapshot)
              .option("minPartitions", 1 + random.nextInt(4))
              .load(table);
      fold(state, changes.collectAsList());
      assertEquals(truth(table, snapshot), state.toString());
      version = versionOf(snapshot);
    }
    assertTrue(changes(table, version).load(table).isEmpty());
  }

  @Tag("line")
  @Test
  void aStreamGivesEachChangeOnceOverStopsAndFailures() throws Exception {
    Random random = seeded();
    String table = createTable();
    server.execute("INSERT INTO " + table + " SELECT number, number, 'first' FROM numbers(40)");
    List<String> seen = new ArrayList<>();
    Map<String, String> state = new TreeMap<>();
    VoidFunction2<Dataset<Row>, Long> take =
        (rows, batch) -> {
          List<Row> batchRows = rows.collectAsList();
          batchRows.forEach(each -> seen.add(each.toString()));
          fold(state, batchRows);
        };
    run(table, take);
    assertEquals(40, seen.size());
    run(table, take);
    assertEquals(40, seen.size(), "nothing was written, and rows came");
    for (int round = 0; round < 4; round += 1) {
      for (int step = 0; step < 6; step += 1) {
        server.execute(randomWrite(random, table));
      }
      List<String> given = new ArrayList<>();
      assertThrows(
          Exception.class,
          () ->
              run(
                  table,
                  (rows, batch) -> {
                    rows.collectAsList().forEach(each -> given.add(each.toString()));
                    throw new IllegalStateException("after it was written");
                  }));
      int before = seen.size();
      // What is written after the failure is not of the batch that is run again.
      server.execute(randomWrite(random, table));
      List<String> again = new ArrayList<>();
      run(
          table,
          (rows, batch) -> {
            take.call(rows, batch);
            if (again.isEmpty()) {
              again.addAll(seen.subList(before, seen.size()));
            }
          });
      assertEquals(given.stream().sorted().toList(), again.stream().sorted().toList());
      assertEquals(truth(table, keep(table)), state.toString());
    }
    assertEquals(seen.size(), seen.stream().distinct().count());
  }

  @Test
  void aRunningStreamIsStoppedAndGoesOnAfterTheServerWasKilled() throws Exception {
    try (ServeProcess first = ServeProcess.start()) {
      first.execute("CREATE DATABASE feed");
      first.execute(
          "CREATE TABLE feed.t (id Int64, v String) ENGINE = MutableMergeTree ORDER BY id");
      // By batch: one that is run again gives the same.
      Map<Long, List<Long>> seen = new ConcurrentSkipListMap<>();
      StreamingQuery query = start(first, seen, Trigger.ProcessingTime(100));
      for (int id = 0; id < 5; id += 1) {
        first.execute("INSERT INTO feed.t VALUES (" + id + ", 'x')");
        long wanted = id + 1;
        SparkTestSession.waitUntil(
            () -> seen.values().stream().mapToInt(List::size).sum() == wanted);
      }
      query.stop();
      first.execute("INSERT INTO feed.t VALUES (5, 'x')");
      first.kill();
      try (ServeProcess second = ServeProcess.restart(first)) {
        second.execute("INSERT INTO feed.t VALUES (6, 'x')");
        start(second, seen, Trigger.AvailableNow()).awaitTermination();
        assertEquals(
            List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L),
            seen.values().stream().flatMap(List::stream).sorted().toList());
        // The last batch's goes when the next one is made.
        assertTrue(SparkTestSession.query(second, "SHOW SNAPSHOTS").size() <= 2);
      }
    }
  }

  @Test
  void whatCutsTheChangesOffStopsTheStream() throws Exception {
    for (String sql :
        List.of(
            "OPTIMIZE TABLE %s ELIMINATE",
            "TRUNCATE TABLE %s",
            "DROP TABLE %s; " + definition("%s"),
            "ALTER TABLE %s ADD COLUMN more Int32")) {
      String table = createTable();
      Path checkpoint = folder.resolve(table);
      server.execute("INSERT INTO " + table + " VALUES (1, 1, 'a'), (2, 2, 'b')");
      run(table, (rows, batch) -> {});
      String before = keep(table);
      server.execute(sql.replace("%s", table));
      server.execute("INSERT INTO " + table + " (id, part) VALUES (3, 3)");
      Exception error = assertThrows(Exception.class, () -> run(table, (rows, batch) -> {}));
      assertTrue(error.toString().contains(table), error.toString());
      assertTrue(error.toString().contains("EXPIRED"), error.toString());
      assertTrue(error.toString().contains("new checkpointLocation"), error.toString());
      Exception batch =
          assertThrows(
              Exception.class, () -> changes(table, versionOf(before)).load(table).count());
      assertTrue(batch.toString().contains("EXPIRED"), batch.toString());
      assertTrue(checkpoint.toFile().exists());
    }
  }

  @Test
  void whatSparkOverwritesIsAChangeLikeOthers() {
    String table = createTable();
    server.execute("INSERT INTO " + table + " VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')");
    long version = versionOf(keep(table));
    SparkTestSession.get()
        .sql("SELECT 2L AS id, 5L AS part, 'new' AS v")
        .write()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .mode("overwrite")
        .save(table);
    Dataset<Row> changes = changes(table, version).load(table).drop("_commit_version");
    assertEquals(
        List.of("[1,null,null,delete]", "[2,5,new,upsert]", "[3,null,null,delete]"),
        SparkTestSession.sorted(changes));
  }

  @Test
  void aStreamMayBeginAfterAVersion() throws Exception {
    String table = createTable();
    server.execute("INSERT INTO " + table + " VALUES (1, 1, 'a'), (2, 2, 'b')");
    long version = versionOf(keep(table));
    server.execute("DELETE FROM " + table + " WHERE id = 1");
    List<String> seen = new ArrayList<>();
    Dataset<Row> rows =
        SparkTestSession.get()
            .readStream()
            .format("theflash")
            .option("endpoints", server.endpoint().toString())
            .option("changesFrom", version)
            .load(table)
            .select("_change_type", "id");
    VoidFunction2<Dataset<Row>, Long> take =
        (batch, id) -> batch.collectAsList().forEach(each -> seen.add(each.toString()));
    start(rows, take, folder.resolve("after"), Trigger.AvailableNow()).awaitTermination();
    assertEquals(List.of("[delete,1]"), seen);
  }

  @Test
  void aSnapshotThatIsGoneStopsTheStream() {
    String table = createTable();
    server.execute("INSERT INTO " + table + " VALUES (1, 1, 'a')");
    assertThrows(
        Exception.class,
        () ->
            run(
                table,
                (rows, batch) -> {
                  throw new IllegalStateException("not taken");
                }));
    for (String each : SparkTestSession.query(server, "SHOW SNAPSHOTS")) {
      server.execute("DROP SNAPSHOT " + each);
    }
    Exception error = assertThrows(Exception.class, () -> run(table, (rows, batch) -> {}));
    assertTrue(error.toString().contains("expired or was dropped"), error.toString());
  }

  @Tag("line")
  @Test
  void deletesCarryTheKeyAndNoOtherValue() {
    String table = "feed.typed";
    server.execute(
        "CREATE TABLE feed.typed (k1 UInt64, k2 String, n Int32, low LowCardinality(String),"
            + " d Decimal(10, 2), at DateTime64(6, 'UTC'), list Array(Float32), maybe Nullable(Int8))"
            + " ENGINE = MutableMergeTree ORDER BY (k1, k2)");
    String row = "(18446744073709551615, 'é', 5, 'low', 1.25, '2020-01-01 00:00:00', [1.5], 7)";
    server.execute("INSERT INTO feed.typed VALUES " + row);
    long version = versionOf(keep(table));
    server.execute("DELETE FROM feed.typed WHERE true");
    List<Row> all = changes(table, version).load(table).drop("_commit_version").collectAsList();
    assertEquals(
        "[[18446744073709551615,é,null,null,null,null,ArraySeq(),null,delete]]",
        all.toString().replace("WrappedArray()", "ArraySeq()"));
    server.execute("INSERT INTO feed.typed VALUES " + row);
    all = changes(table, version).load(table).drop("_commit_version").collectAsList();
    assertEquals("upsert", all.get(0).getString(8));
    assertEquals("low", all.get(0).getString(3));
    assertEquals(1, changes(table, version).load(table).where("n = 5").count());
    assertEquals(1, all.size());
  }

  @Test
  void whatCanNotBeReadIsRefused() {
    String table = createTable();
    String twice = server.endpoint() + "," + server.endpoint();
    assertRefused(
        "several servers", () -> changes(table, 0).option("endpoints", twice).load(table));
    server.execute("CREATE TABLE feed.bag (a Int64) ENGINE = MutableMergeTree ORDER BY tuple()");
    assertRefused("no primary key", () -> changes("feed.bag", 0).load("feed.bag"));
    server.execute("CREATE TABLE feed.plain (a Int64) ENGINE = MergeTree ORDER BY a");
    assertRefused("no mutable table", () -> changes("feed.plain", 0).load("feed.plain").count());
    server.execute("CREATE TABLE feed.real (a Float64) ENGINE = MutableMergeTree ORDER BY a");
    assertRefused("without floats", () -> changes("feed.real", 0).load("feed.real").count());
    long far = versionOf(keep(table)) + (1L << 40);
    assertRefused("yet to come", () -> changes(table, far).load(table).count());
    assertRefused("Set the option changes to true", () -> streamWith("changes", "false", table));
    assertRefused("can't read kept", () -> streamWith("snapshot", keep(table), table));
  }

  private void streamWith(String option, String value, String table) throws Exception {
    SparkTestSession.get()
        .readStream()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .option("changes", "true")
        .option(option, value)
        .load(table)
        .writeStream()
        .format("noop")
        .option("checkpointLocation", folder.resolve("refused-" + option).toString())
        .start()
        .processAllAvailable();
  }

  private static void assertRefused(String part, org.junit.jupiter.api.function.Executable read) {
    Exception error = assertThrows(Exception.class, read);
    StringBuilder messages = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) {
      messages.append(each).append('\n');
    }
    assertTrue(messages.toString().contains(part), messages.toString());
  }

  private static org.apache.spark.sql.DataFrameReader changes(String table, long after) {
    return SparkTestSession.reader(server).option("changesFrom", after);
  }

  private static Random seeded() {
    long seed =
        System.getenv("SEED") == null
            ? System.nanoTime() % 1_000_000
            : Long.parseLong(System.getenv("SEED"));
    System.out.println("SEED=" + seed);
    return new Random(seed);
  }

  private static String definition(String table) {
    return "CREATE TABLE "
        + table
        + " (id Int64, part Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY (id)";
  }

  private static String createTable() {
    tables += 1;
    String table = "feed.t" + tables;
    server.execute(definition(table));
    return table;
  }

  private static String randomWrite(Random random, String table) {
    int id = random.nextInt(60);
    int v = random.nextInt(1_000_000);
    return switch (random.nextInt(6)) {
      case 0 -> "INSERT INTO " + table + " VALUES (" + id + ", 0, '" + v + "')";
      case 1 ->
          "INSERT INTO "
              + table
              + " SELECT number * 7, number, toString(number + "
              + v
              + ") FROM numbers("
              + (1 + id % 9)
              + ")";
      case 2 -> "UPDATE " + table + " SET v = '" + v + "' WHERE id % 9 = " + id % 9;
      case 3 -> "UPDATE " + table + " SET id = id + 100 WHERE id % 13 = " + id % 13;
      case 4 -> "DELETE FROM " + table + " WHERE id % 11 = " + id % 11;
      default -> "OPTIMIZE TABLE " + table + " FINAL";
    };
  }

  /** Makes a snapshot, and gives its name. */
  private static String keep(String table) {
    snapshots += 1;
    String name = "kept" + snapshots;
    server.execute("CREATE SNAPSHOT " + name + " OF " + table);
    return name;
  }

  private static long versionOf(String snapshot) {
    return Long.parseLong(
        SparkTestSession.query(
                server,
                "SELECT toString(complete_version) FROM theflash.snapshots WHERE name = '"
                    + snapshot
                    + "'")
            .get(0));
  }

  private static String truth(String table, String snapshot) {
    Map<String, String> rows = new TreeMap<>();
    String row = "concat(toString(id), ' ', toString(part), ',', ifNull(v, 'null'))";
    for (String each :
        SparkTestSession.query(
            server, "SELECT " + row + " FROM " + table + " AT SNAPSHOT " + snapshot)) {
      rows.put(each.substring(0, each.indexOf(' ')), each.substring(each.indexOf(' ') + 1));
    }
    return rows.toString();
  }

  private static void fold(Map<String, String> state, List<Row> changes) {
    for (Row each : changes) {
      String id = String.valueOf(each.getLong(each.fieldIndex("id")));
      if (each.getString(each.fieldIndex("_change_type")).equals("delete")) {
        state.remove(id);
      } else {
        assertFalse(each.isNullAt(each.fieldIndex("part")));
        state.put(id, each.get(each.fieldIndex("part")) + "," + each.get(each.fieldIndex("v")));
      }
    }
  }

  /** Runs a table's stream up to now, from where it was. */
  private void run(String table, VoidFunction2<Dataset<Row>, Long> take) throws Exception {
    Dataset<Row> rows =
        SparkTestSession.get()
            .readStream()
            .format("theflash")
            .option("endpoints", server.endpoint().toString())
            .option("changes", "true")
            .load(table);
    start(rows, take, folder.resolve(table), Trigger.AvailableNow()).awaitTermination();
  }

  private StreamingQuery start(ServeProcess of, Map<Long, List<Long>> seen, Trigger trigger)
      throws Exception {
    Dataset<Row> rows =
        SparkTestSession.get()
            .readStream()
            .format("theflash")
            .option("endpoints", of.endpoint().toString())
            .option("changes", "true")
            .load("feed.t");
    VoidFunction2<Dataset<Row>, Long> take =
        (batch, id) -> {
          List<Long> given =
              batch.collectAsList().stream().map(each -> each.getLong(0)).sorted().toList();
          List<Long> before = seen.put(id, given);
          assertTrue(before == null || before.equals(given), before + " became " + given);
        };
    return start(rows, take, folder.resolve("running"), trigger);
  }

  private static StreamingQuery start(
      Dataset<Row> rows, VoidFunction2<Dataset<Row>, Long> take, Path checkpoint, Trigger trigger)
      throws TimeoutException {
    DataStreamWriter<Row> writer = rows.writeStream().foreachBatch(take).trigger(trigger);
    return writer.option("checkpointLocation", checkpoint.toString()).start();
  }
}
