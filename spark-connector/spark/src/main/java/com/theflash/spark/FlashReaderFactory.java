package com.theflash.spark;

import com.theflash.client.ClientOptions;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Makes a task's reader. All types are read as columns, so there are no readers of rows. */
final class FlashReaderFactory implements PartitionReaderFactory {
  private static final long serialVersionUID = 1L;

  // An array, because not every List is Serializable to the compiler.
  private final FlashColumn[] columns;
  private final ClientOptions options;

  FlashReaderFactory(List<FlashColumn> columns, ClientOptions options) {
    this.columns = columns.toArray(FlashColumn[]::new);
    this.options = options;
  }

  @Override
  public boolean supportColumnarReads(InputPartition partition) {
    return true;
  }

  @Override
  public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
    return new FlashReader((FlashPartition) partition, columns, options);
  }

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    throw new UnsupportedOperationException("theflash reads columns, never rows");
  }
}
