package com.theflash.spark.write;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import com.theflash.client.FlashException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.sql.connector.write.DeltaBatchWrite;
import org.apache.spark.sql.connector.write.DeltaWriterFactory;
import org.apache.spark.sql.connector.write.PhysicalWriteInfo;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.connector.write.streaming.StreamingDataWriterFactory;
import org.apache.spark.sql.connector.write.streaming.StreamingWrite;

/**
 * A job that writes. Its rows become the table's by the driver's one statement, or not at all.
 *
 * <p>As a stream it does so for each epoch. An epoch that is run again after a crash writes the
 * same keys again, which changes nothing.
 */
final class FlashBatchWrite implements DeltaBatchWrite, StreamingWrite {
  private final List<Endpoint> copies;
  private final ClientOptions options;
  private final WriteTarget target;
  private final boolean overwrite;

  /** Made when the tasks' factory is: Spark plans more writes than it runs. */
  private StagingTable staging;

  FlashBatchWrite(
      List<Endpoint> copies, ClientOptions options, WriteTarget target, boolean overwrite) {
    this.copies = copies;
    this.options = options;
    this.target = target;
    this.overwrite = overwrite;
  }

  @Override
  public DeltaWriterFactory createBatchWriterFactory(PhysicalWriteInfo info) {
    return createFactory();
  }

  @Override
  public StreamingDataWriterFactory createStreamingWriterFactory(PhysicalWriteInfo info) {
    return createFactory();
  }

  /** Of two attempts of a task both may write; only that of its message counts. */
  @Override
  public boolean useCommitCoordinator() {
    return true;
  }

  @Override
  public void commit(WriterCommitMessage[] messages) {
    try {
      boolean deletes = TaskCommit.anyDeletes(messages);
      staging.commit(TaskCommit.attempts(messages), deletes, overwrite);
      staging.drop();
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void abort(WriterCommitMessage[] messages) {
    try {
      if (staging != null) {
        staging.drop();
      }
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void commit(long epochId, WriterCommitMessage[] messages) {
    commit(messages);
  }

  @Override
  public void abort(long epochId, WriterCommitMessage[] messages) {
    abort(messages);
  }

  private FlashWriterFactory createFactory() {
    try {
      staging = StagingTable.create(copies, options, target);
      return new FlashWriterFactory(staging);
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}
