package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A local Spark of two cores, and ways to read with it. */
final class SparkTestSession {
  private static SparkSession session;

  private SparkTestSession() {}

  static synchronized SparkSession get() {
    if (session == null) {
      session =
          SparkSession.builder()
              .master("local[2]")
              .config("spark.ui.enabled", "false")
              .config("spark.sql.shuffle.partitions", "2")
              .config("spark.sql.session.timeZone", "UTC")
              .config("spark.sql.datetime.java8API.enabled", "true")
              .config("spark.driver.host", "127.0.0.1")
              .getOrCreate();
    }
    return session;
  }

  static DataFrameReader reader(ServeProcess server) {
    return get().read().format("theflash").option("endpoints", server.endpoint().toString());
  }

  static Dataset<Row> load(ServeProcess server, String table) {
    return reader(server).load(table);
  }

  /** The plan as EXPLAIN shows it. */
  static String explain(Dataset<Row> rows) {
    return rows.queryExecution().toString();
  }

  /** The rows as text, NULL and all, in a fixed order. */
  static List<String> sorted(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(Row::toString).sorted().toList();
  }

  static void waitUntil(BooleanSupplier condition) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(30);
    while (!condition.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(end), "the condition never came");
      Thread.sleep(20);
    }
  }

  /** Every test ends with all Arrow bytes given back; the last task may still be closing. */
  static void assertNothingLeaked() throws InterruptedException {
    waitUntil(() -> FlashMemory.allocatedBytes() == 0);
  }
}
