package com.theflash.spark;

import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * A job of two tasks that write to a table of the key (id, attempt), so that the rows of two
 * attempts would both stay. Its first attempts can be held still when some rows are staged.
 */
final class HeldWrite {
  /** Of each task: more than one insert of theirs into the staging table. */
  static final long TASK_ROWS = 70_000;

  static final long STAGED_ROWS = 65_536;

  private HeldWrite() {}

  static String createSql(String table) {
    return "CREATE TABLE "
        + table
        + " (id Int64, attempt Int32) ENGINE = MutableMergeTree ORDER BY (id, attempt)";
  }

  /**
   * Runs the job.
   *
   * @param until as of {@link Hold}
   */
  static void run(
      SparkSession spark,
      Map<String, String> options,
      String table,
      FileLatch latch,
      String... until) {
    MapPartitionsFunction<Long, Long> withAttempt =
        input -> {
          int attempt = TaskContext.get().attemptNumber();
          return new Hold(latch, STAGED_ROWS + 2, until).iterate(input, id -> id * 10 + attempt);
        };
    spark
        .range(0, 2 * TASK_ROWS, 1, 2)
        .mapPartitions(withAttempt, Encoders.LONG())
        .selectExpr("value DIV 10 AS id", "CAST(value % 10 AS INT) AS attempt")
        .write()
        .format("theflash")
        .options(options)
        .mode("append")
        .save(table);
  }

  /** A driver of its own, for a test to kill: endpoint, table, the latch's folder, lease. */
  public static void main(String[] args) {
    Map<String, String> options = Map.of("endpoints", args[0], "stagingLeaseSeconds", args[3]);
    run(SparkTestSession.get(), options, args[1], new FileLatch(Path.of(args[2])), Hold.NEVER);
  }
}
