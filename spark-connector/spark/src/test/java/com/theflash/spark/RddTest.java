package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables as RDDs of rows and of batches. */
class RddTest {
  private static final long ROWS = 200_000;
  private static ServeProcess server;
  private final SparkSession spark = SparkTestSession.get();

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute(
        "CREATE DATABASE shop; CREATE TABLE shop.numbers (id Int64, `odd one` Nullable(UInt64),"
            + " text String) ENGINE = MutableMergeTree ORDER BY (id);"
            + "INSERT INTO shop.numbers SELECT number, if(number % 2 = 1, number, NULL),"
            + " toString(number) FROM numbers("
            + ROWS
            + ")");
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
  void rowsAreThoseOfTheTable() {
    JavaRDD<Row> rows = TheFlashRdd.rows(spark, options(), "shop.numbers").toJavaRDD();
    assertEquals(ROWS, rows.count());
    assertEquals(4, rows.getNumPartitions());
    long digits = rows.map(row -> (long) row.getString(2).length()).reduce(Long::sum);
    assertEquals(10 + 180 + 2700 + 36_000 + 450_000 + 600_000, digits);
  }

  @Test
  void batchesHoldTheSelectedColumnsOfTheRowsAskedFor() {
    RDD<ColumnarBatch> batches =
        TheFlashRdd.batches(
            spark,
            options(),
            "shop.numbers",
            new String[] {"odd one", "id"},
            "`odd one` IS NOT NULL AND id < 1000");
    List<Long> sums =
        batches
            .toJavaRDD()
            .map(
                batch -> {
                  long sum = 0;
                  for (int row = 0; row < batch.numRows(); row += 1) {
                    sum += batch.column(0).getDecimal(row, 20, 0).toLong();
                    sum -= batch.column(1).getLong(row);
                    sum += 1;
                  }
                  return sum;
                })
            .collect();
    assertEquals(500, sums.stream().mapToLong(Long::longValue).sum());
  }

  @Test
  void aConditionForSparkAloneIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TheFlashRdd.batches(
                spark, options(), "shop.numbers", new String[] {"id"}, "length(text) = 3"));
  }

  private static Map<String, String> options() {
    return Map.of("endpoints", server.endpoint().toString(), "minPartitions", "4");
  }
}
