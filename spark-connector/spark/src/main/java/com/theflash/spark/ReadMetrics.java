package com.theflash.spark;

import com.theflash.client.ArrowResult;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.metric.CustomSumMetric;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;

/** What the Spark UI shows of a scan beside its rows. Spark makes the metrics by reflection. */
final class ReadMetrics {
  private ReadMetrics() {}

  static CustomMetric[] all() {
    return new CustomMetric[] {new Bytes(), new Batches(), new Wait()};
  }

  static CustomTaskMetric[] values(ArrowResult result) {
    return new CustomTaskMetric[] {
      new Value(Bytes.NAME, result.bytes()),
      new Value(Batches.NAME, result.batches()),
      new Value(Wait.NAME, result.waitNanos() / 1_000_000)
    };
  }

  private record Value(String name, long value) implements CustomTaskMetric {}

  /** Bytes of Arrow that were read. */
  public static final class Bytes extends CustomSumMetric {
    static final String NAME = "flashBytes";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String description() {
      return "bytes of Arrow read";
    }
  }

  /** Record batches that were read. */
  public static final class Batches extends CustomSumMetric {
    static final String NAME = "flashBatches";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String description() {
      return "record batches read";
    }
  }

  /** Time that tasks waited for the server and the network. */
  public static final class Wait extends CustomSumMetric {
    static final String NAME = "flashWaitMs";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String description() {
      return "ms that tasks waited for theflash";
    }
  }
}
