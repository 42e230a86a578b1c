package com.theflash.spark;

import com.theflash.client.ArrowResult;
import com.theflash.client.ClientOptions;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.spark.vector.FlashVector;
import com.theflash.spark.vector.FlashVectors;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Reads a split, batch by batch, over the memory that the network filled: a batch is valid until
 * the next one.
 *
 * <p>Until the first batch was given out a broken connection is tried again; later the task fails,
 * and Spark runs it anew, because rows that were used can't be taken back.
 */
final class FlashReader implements PartitionReader<ColumnarBatch> {
  private final FlashPartition partition;
  private final FlashColumn[] columns;
  private final ClientOptions options;
  private final BooleanSupplier interrupted;
  private final BufferAllocator allocator;
  private ArrowResult result;
  private FlashVector[] vectors;
  private ColumnarBatch batch;
  private boolean closed;

  FlashReader(FlashPartition partition, FlashColumn[] columns, ClientOptions options) {
    this.partition = partition;
    this.columns = columns;
    this.options = options;
    TaskContext task = TaskContext.get();
    this.interrupted = () -> task != null && task.isInterrupted();
    this.allocator = FlashMemory.newTaskAllocator("theflash " + partition.endpoint());
  }

  @Override
  public boolean next() throws IOException {
    boolean more = result == null ? openAndRead() : result.next();
    if (more) {
      show();
    }
    return more;
  }

  @Override
  public ColumnarBatch get() {
    return batch;
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    return result == null ? new CustomTaskMetric[0] : ReadMetrics.values(result);
  }

  /** Also called early: for a LIMIT, and when the task is killed. It never drains the result. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      closeResult();
    } finally {
      // Throws where a byte was not given back.
      allocator.close();
    }
  }

  private boolean openAndRead() throws FlashException {
    FlashClient client = new FlashClient(List.of(partition.endpoint()), options);
    for (int attempt = 0; ; attempt += 1) {
      try {
        result = client.scan(partition.ticket(), allocator, interrupted);
        return result.next();
      } catch (FlashException error) {
        closeResult();
        boolean again =
            error.code().equals(FlashException.CONNECTION)
                && attempt < options.retries()
                && !interrupted.getAsBoolean();
        if (!again) {
          throw error;
        }
      }
    }
  }

  private void closeResult() {
    if (result != null) {
      result.close();
      result = null;
    }
    batch = null;
    vectors = null;
  }

  private void show() {
    VectorSchemaRoot root = result.root();
    if (vectors == null) {
      vectors = new FlashVector[columns.length];
      for (int index = 0; index < columns.length; index += 1) {
        vectors[index] =
            FlashVectors.create(
                columns[index].type(), columns[index].engineType(), root.getVector(index));
      }
      ColumnVector[] all = vectors.clone();
      batch = new ColumnarBatch(all);
    }
    for (int index = 0; index < columns.length; index += 1) {
      vectors[index].load(root.getVector(index));
    }
    batch.setNumRows(root.getRowCount());
  }
}
