package com.theflash.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The same four jobs over three sources, in turn, for bench/spark.ts: prints a line of JSON for
 * each run, {@code {"source": …, "job": …, "seconds": …}}. The first round is not printed.
 *
 * <p>Arguments: endpoint of theflash serve, JDBC URL, folder for Parquet, rows, rounds.
 */
public final class SparkBench {
  private static final String FILTER = "customer < 40000 AND state = 'paid'";

  private SparkBench() {}

  /** A job that reads a table. */
  private interface Job {
    void run(Dataset<Row> table);
  }

  public static void main(String[] args) {
    long rows = Long.parseLong(args[3]);
    int rounds = Integer.parseInt(args[4]);
    SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate();
    read(spark, args[0]).write().mode("overwrite").parquet(args[2]);
    for (int round = 0; round <= rounds; round += 1) {
      for (Map.Entry<String, Job> job : jobs().entrySet()) {
        for (String source : new String[] {"theflash", "jdbc", "parquet"}) {
          Dataset<Row> table =
              switch (source) {
                case "theflash" -> read(spark, args[0]);
                case "jdbc" -> readJdbc(spark, args[1], rows);
                default -> spark.read().parquet(args[2]);
              };
          long start = System.nanoTime();
          job.getValue().run(table);
          double seconds = (System.nanoTime() - start) / 1e9;
          if (round > 0) {
            System.out.printf(
                "{\"source\": \"%s\", \"job\": \"%s\", \"seconds\": %.4f}%n",
                source, job.getKey(), seconds);
          }
        }
      }
    }
    spark.stop();
  }

  private static Map<String, Job> jobs() {
    Map<String, Job> jobs = new LinkedHashMap<>();
    jobs.put("count", Dataset::count);
    jobs.put(
        "sum of three columns",
        table -> table.selectExpr("sum(quantity)", "sum(price)", "sum(weight)").collectAsList());
    jobs.put("filtered read", table -> drain(table.where(FILTER)));
    jobs.put("full read", SparkBench::drain);
    return jobs;
  }

  /** Reads every value of every row, and keeps none. */
  private static void drain(Dataset<Row> rows) {
    rows.write().format("noop").mode("overwrite").save();
  }

  private static Dataset<Row> read(SparkSession spark, String endpoint) {
    return spark.read().format("theflash").option("endpoints", endpoint).load("bench.orders");
  }

  /**
   * With what its manual advises: two partitions by the key, and a cursor instead of a result in
   * memory.
   */
  private static Dataset<Row> readJdbc(SparkSession spark, String url, long rows) {
    return spark
        .read()
        .format("jdbc")
        .option("url", url)
        .option("dbtable", "bench.orders")
        .option("user", "root")
        .option("partitionColumn", "id")
        .option("lowerBound", 0)
        .option("upperBound", rows)
        .option("numPartitions", 2)
        .option("fetchsize", 10_000)
        .load();
  }
}
