package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two executors in processes of their own: a task that is slow gets a speculative copy, and an
 * executor is killed in the midst of its task. Each time all rows come once.
 *
 * <p>Partition 0 is the one in trouble: its first attempt holds still after some rows, until it is
 * killed.
 */
@Timeout(600)
@TestMethodOrder(MethodOrderer.MethodName.class)
class ClusterTest {
  private static final long ROWS = 300_000;

  private static final AtomicInteger SPECULATIVE_TASKS = new AtomicInteger();
  private static ServeProcess server;
  private static SparkCluster cluster;
  private static boolean sessionOfCluster;

  private FileLatch latch;

  @BeforeAll
  static void start() throws Exception {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    cluster = SparkCluster.start();
  }

  @AfterAll
  static void stop() throws IOException {
    SparkTestSession.stop();
    if (cluster != null) {
      cluster.close();
    }
    server.close();
  }

  @BeforeEach
  void makeLatch(@TempDir Path folder) {
    latch = new FileLatch(folder);
  }

  /** No scan and no write runs on, and no job leaves its staging table. */
  @AfterEach
  void nothingIsLeft() throws Exception {
    latch.release(Hold.GO, Hold.NEVER);
    SparkTestSession.assertNothingLeaked();
    SparkTestSession.waitUntil(() -> server.openRequests() == 0);
    assertEquals(List.of(), stagingTables());
  }

  @Test
  void aSpeculativeCopyOfAReaderGivesEveryRowOnce() throws Exception {
    useSession(true);
    makeNumbers();
    CompletableFuture<List<Long>> job = readHeld(latch, Hold.NEVER, Hold.GO);
    latch.await(Hold.held(0));
    latch.await(Hold.held(1));
    assertTrue(server.openRequests() >= 2);
    changeNumbers();
    // Partition 1 ends, and partition 0, which is slower, is copied.
    latch.tell(Hold.GO, "");
    assertEveryNumberOnce(job.get());
    SparkTestSession.waitUntil(() -> SPECULATIVE_TASKS.get() > 0);
  }

  @Test
  void aSpeculativeCopyOfAWriterLeavesItsRowsOnce() throws Exception {
    useSession(true);
    makeWritten();
    writeHeld(latch, Hold.NEVER).get();
    SparkTestSession.waitUntil(() -> SPECULATIVE_TASKS.get() > 0);
    assertWrittenOnce();
  }

  @Test
  void anExecutorThatIsKilledWhileItReadsIsMadeUpFor() throws Exception {
    useSession(false);
    makeNumbers();
    CompletableFuture<List<Long>> job = readHeld(latch, Hold.NEVER, Hold.GO);
    latch.await(Hold.held(1));
    long pid = Long.parseLong(latch.await(Hold.held(0)));
    assertTrue(server.openRequests() >= 2);
    changeNumbers();
    cluster.killExecutor(pid);
    latch.tell(Hold.GO, "");
    assertEveryNumberOnce(job.get());
  }

  @Test
  void anExecutorThatIsKilledWhileItWritesIsMadeUpFor() throws Exception {
    useSession(false);
    makeWritten();
    CompletableFuture<Void> job = writeHeld(latch, Hold.NEVER, Hold.GO);
    latch.await(Hold.held(1));
    long pid = Long.parseLong(latch.await(Hold.held(0)));
    // What both attempts put down so far, and nobody sees.
    String staging = stagingTables().get(0);
    assertTrue(count("shop." + staging) >= 2 * HeldWrite.STAGED_ROWS);
    assertEquals(0, count("shop.written"));
    cluster.killExecutor(pid);
    latch.tell(Hold.GO, "");
    job.get();
    assertWrittenOnce();
  }

  /** Tests of one mode share a session: executors take seconds to start. */
  private static void useSession(boolean speculation) {
    SPECULATIVE_TASKS.set(0);
    String mode = String.valueOf(speculation);
    boolean fits =
        sessionOfCluster && SparkTestSession.get().conf().get("spark.speculation").equals(mode);
    if (!fits) {
      startSession(mode);
      sessionOfCluster = true;
    }
  }

  private static void startSession(String speculation) {
    Map<String, String> configuration = new HashMap<>(cluster.configuration());
    configuration.put("spark.speculation", speculation);
    configuration.put("spark.speculation.interval", "50ms");
    configuration.put("spark.speculation.quantile", "0.5");
    configuration.put("spark.speculation.multiplier", "1.1");
    configuration.put("spark.speculation.efficiency.enabled", "false");
    SparkSession spark = SparkTestSession.start(configuration);
    spark
        .sparkContext()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onTaskStart(SparkListenerTaskStart start) {
                SPECULATIVE_TASKS.addAndGet(start.taskInfo().speculative() ? 1 : 0);
              }
            });
  }

  private static void makeNumbers() {
    server.execute("DROP TABLE IF EXISTS shop.numbers");
    server.execute(
        "CREATE TABLE shop.numbers (id Int64, change Int64, text String)"
            + " ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute(
        "INSERT INTO shop.numbers SELECT number, 0, repeat('text', 20) FROM numbers(" + ROWS + ")");
  }

  /** What comes after the scan was planned, and must not be seen by any attempt. */
  private static void changeNumbers() {
    server.execute("UPSERT INTO shop.numbers SELECT number, 1, '' FROM numbers(" + 2 * ROWS + ")");
  }

  /** Reads with so little on its way that the server's scans stay open while tasks hold still. */
  private static CompletableFuture<List<Long>> readHeld(FileLatch latch, String... until) {
    Dataset<Row> rows =
        SparkTestSession.reader(server)
            .option("minPartitions", 2)
            .option("maxPartitions", 2)
            .option("creditBytes", 65_536)
            .load("shop.numbers")
            .selectExpr("id + change AS id", "text");
    MapPartitionsFunction<Row, Long> ids =
        input -> new Hold(latch, 1000, until).iterate(input, row -> row.getLong(0));
    return CompletableFuture.supplyAsync(
        () -> rows.mapPartitions(ids, Encoders.LONG()).collectAsList());
  }

  private static void assertEveryNumberOnce(List<Long> ids) {
    assertEquals(LongStream.range(0, ROWS).boxed().toList(), ids.stream().sorted().toList());
  }

  private static void makeWritten() {
    server.execute("DROP TABLE IF EXISTS shop.written");
    server.execute(HeldWrite.createSql("shop.written"));
  }

  private static CompletableFuture<Void> writeHeld(FileLatch latch, String... until) {
    Map<String, String> options = Map.of("endpoints", server.endpoint().toString());
    SparkSession spark = SparkTestSession.get();
    return CompletableFuture.runAsync(
        () -> HeldWrite.run(spark, options, "shop.written", latch, until));
  }

  private static void assertWrittenOnce() {
    String rows = String.valueOf(HeldWrite.TASK_ROWS);
    // Of the partition in trouble all rows are those of its second attempt.
    assertEquals(
        List.of("0: " + rows + " of " + rows, "1: " + rows + " of " + rows),
        SparkTestSession.query(
            server,
            "SELECT concat(toString(attempt), ': ', toString(count()), ' of ',"
                + " toString(uniqExact(id))) FROM shop.written GROUP BY attempt ORDER BY attempt"));
    assertEquals(
        List.of(String.valueOf(2 * HeldWrite.TASK_ROWS)),
        SparkTestSession.query(server, "SELECT uniqExact(id) FROM shop.written"));
  }

  private static List<String> stagingTables() {
    return SparkTestSession.stagingTables(server, "shop");
  }

  private static long count(String table) {
    return Long.parseLong(SparkTestSession.query(server, "SELECT count() FROM " + table).get(0));
  }
}
