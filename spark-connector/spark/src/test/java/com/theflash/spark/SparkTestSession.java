package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ArrowResult;
import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A local Spark of two cores, and ways to read with it. */
public final class SparkTestSession {
  private static SparkSession session;

  private SparkTestSession() {}

  public static synchronized SparkSession get() {
    return session == null ? start(Map.of()) : session;
  }

  /** Starts another Spark, for tests that need settings which hold for the whole of it. */
  static synchronized SparkSession start(Map<String, String> configuration) {
    stop();
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.datetime.java8API.enabled", "true")
            .config("spark.driver.host", "127.0.0.1");
    configuration.forEach(builder::config);
    session = builder.getOrCreate();
    return session;
  }

  /** Stops Spark: the next test gets a new one. */
  static synchronized void stop() {
    if (session != null) {
      session.stop();
      session = null;
    }
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

  /** The first column of what the engine's own SQL gives, as text. */
  static List<String> query(ServeProcess server, String sql) {
    List<String> values = new ArrayList<>();
    try (ArrowResult result = server.client().query(sql, FlashMemory.root())) {
      while (result.next()) {
        for (int row = 0; row < result.root().getRowCount(); row += 1) {
          values.add(result.root().getVector(0).getObject(row).toString());
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return values;
  }

  /** The staging tables of a database, live and left. */
  static List<String> stagingTables(ServeProcess server, String database) {
    return query(server, "SHOW TABLES FROM " + database + " LIKE '\\_theflash\\_spark%'");
  }

  static void waitUntil(BooleanSupplier condition) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(180);
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
