package com.theflash.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2ScanRelation;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Tables as RDDs, for code that has no use for DataFrames. Options are those of {@code
 * format("theflash")}.
 *
 * <p>All tasks of an RDD, and all jobs on it, read one snapshot.
 */
public final class TheFlashRdd {
  private TheFlashRdd() {}

  /** Gives the rows of a table. */
  public static RDD<Row> rows(SparkSession spark, Map<String, String> options, String table) {
    return load(spark, options, table).rdd();
  }

  /**
   * Gives the rows that meet a condition, as batches of columns over Arrow memory.
   *
   * <p>A batch, and every string of it, is valid until the next one is asked for: copy what is
   * kept.
   *
   * @param columns names, in the order of the batches' columns
   * @param condition in Spark's SQL, as "total > 100"; the server evaluates it
   * @throws IllegalArgumentException for a condition that the server can't evaluate
   */
  public static RDD<ColumnarBatch> batches(
      SparkSession spark,
      Map<String, String> options,
      String table,
      String[] columns,
      String condition) {
    Column[] selected = new Column[columns.length];
    for (int index = 0; index < columns.length; index += 1) {
      selected[index] = functions.col("`" + columns[index].replace("`", "``") + "`");
    }
    Dataset<Row> rows = load(spark, options, table).where(condition).select(selected);
    LogicalPlan optimized = rows.queryExecution().optimizedPlan();
    LogicalPlan bottom = optimized instanceof Project project ? project.child() : optimized;
    SparkPlan leaf = rows.queryExecution().executedPlan().collectLeaves().head();
    if (bottom instanceof DataSourceV2ScanRelation relation && leaf.supportsColumnar()) {
      List<String> given = List.of(relation.scan().readSchema().fieldNames());
      int[] order = Arrays.stream(columns).mapToInt(given::indexOf).toArray();
      return leaf.executeColumnar().toJavaRDD().map(batch -> reorder(batch, order)).rdd();
    }
    throw new IllegalArgumentException(
        "The server can't evaluate \"" + condition + "\" as a whole: filter the rows instead");
  }

  private static ColumnarBatch reorder(ColumnarBatch batch, int[] order) {
    ColumnVector[] vectors =
        Arrays.stream(order).mapToObj(batch::column).toArray(ColumnVector[]::new);
    return new ColumnarBatch(vectors, batch.numRows());
  }

  private static Dataset<Row> load(SparkSession spark, Map<String, String> options, String table) {
    return spark.read().format("theflash").options(options).load(table);
  }
}
