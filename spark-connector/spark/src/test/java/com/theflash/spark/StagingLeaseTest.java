package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the staging table of a job whose driver is killed, and of one that lives on. */
@Timeout(600)
class StagingLeaseTest {
  private static final String LEASE_SECONDS = "6";
  private static ServeProcess server;

  @TempDir private Path folder;
  private FileLatch latch;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    server.execute("CREATE DATABASE other");
    server.execute("CREATE TABLE shop.small (id Int64) ENGINE = MutableMergeTree ORDER BY (id)");
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @BeforeEach
  void makeTable() {
    latch = new FileLatch(folder);
    server.execute("DROP TABLE IF EXISTS shop.written");
    server.execute(HeldWrite.createSql("shop.written"));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    latch.release(Hold.GO);
    SparkTestSession.assertNothingLeaked();
    SparkTestSession.waitUntil(() -> server.openRequests() == 0);
    assertEquals(List.of(), stagingTables());
  }

  @Test
  void whatAKilledDriverLeftGoesWithALaterJob() throws Exception {
    // One that says nothing of a lease, as older connectors made them, is nobody's to drop.
    server.execute("CREATE TABLE other._theflash_spark_old (id Int64) ENGINE = Memory");
    Process driver = startDriver();
    try {
      assertEquals(String.valueOf(driver.pid()), latch.await(Hold.held(0)));
    } finally {
      driver.destroyForcibly().waitFor();
    }
    assertEquals(1, stagingTables().size());
    // Each round is a job; the first ones may still find the lease running.
    SparkTestSession.waitUntil(
        () -> {
          append();
          return stagingTables().isEmpty();
        });
    assertEquals(0, SparkTestSession.load(server, "shop.written").count());
    assertEquals(List.of("_theflash_spark_old"), SparkTestSession.stagingTables(server, "other"));
  }

  @Test
  void aLiveJobKeepsItsStagingTableBeyondTheFirstTerm() throws Exception {
    Map<String, String> options =
        Map.of("endpoints", server.endpoint().toString(), "stagingLeaseSeconds", LEASE_SECONDS);
    CompletableFuture<Void> job =
        CompletableFuture.runAsync(
            () -> HeldWrite.run(SparkTestSession.get(), options, "shop.written", latch, Hold.GO));
    latch.await(Hold.held(0));
    Instant end = Instant.now().plus(Duration.ofSeconds(3 * Long.parseLong(LEASE_SECONDS)));
    List<String> held = stagingTables();
    assertEquals(1, held.size());
    do {
      append();
      assertEquals(held, stagingTables());
    } while (Instant.now().isBefore(end));
    latch.tell(Hold.GO, "");
    job.get();
    assertEquals(2 * HeldWrite.TASK_ROWS, SparkTestSession.load(server, "shop.written").count());
  }

  @Test
  void theTableSaysWhoseItIs() throws Exception {
    Map<String, String> options = Map.of("endpoints", server.endpoint().toString());
    CompletableFuture<Void> job =
        CompletableFuture.runAsync(
            () -> HeldWrite.run(SparkTestSession.get(), options, "shop.written", latch, Hold.GO));
    latch.await(Hold.held(0));
    String comment =
        SparkTestSession.query(
                server,
                "SELECT comment FROM system.tables WHERE startsWith(name, '_theflash_spark_')"
                    + " AND database = 'shop'")
            .get(0);
    String application = SparkTestSession.get().sparkContext().applicationId();
    assertEquals("theflash-spark, lease of 3600 s, application " + application, comment);
    latch.tell(Hold.GO, "");
    job.get();
  }

  private Process startDriver() throws IOException {
    List<String> words =
        List.of(
            HeldWrite.class.getName(),
            server.endpoint().toString(),
            "shop.written",
            folder.toString(),
            LEASE_SECONDS);
    return SparkCluster.java(List.of("-Xmx1g"), words).inheritIO().start();
  }

  private static void append() {
    SparkTestSession.get()
        .range(1)
        .write()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .mode("append")
        .save("shop.small");
  }

  private static List<String> stagingTables() {
    return SparkTestSession.stagingTables(server, "shop");
  }
}
