package com.theflash.spark.write;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.SparkEnv;
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
  private final int leaseSeconds;

  /** Made when the tasks' factory is: Spark plans more writes than it runs. */
  private StagingTable staging;

  private StagingLease lease;

  FlashBatchWrite(
      List<Endpoint> copies,
      ClientOptions options,
      WriteTarget target,
      boolean overwrite,
      int leaseSeconds) {
    this.copies = copies;
    this.options = options;
    this.target = target;
    this.overwrite = overwrite;
    this.leaseSeconds = leaseSeconds;
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
      drop();
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void abort(WriterCommitMessage[] messages) {
    try {
      if (staging != null) {
        drop();
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

  /** Where the server can't be asked, the table goes when its lease has ended. */
  private void drop() throws FlashException {
    lease.close();
    staging.drop();
  }

  private FlashWriterFactory createFactory() {
    try {
      FlashClient client = new FlashClient(copies, options);
      StagingLease.dropAbandoned(client, target.database());
      String comment = StagingLease.comment(leaseSeconds, SparkEnv.get().conf().getAppId());
      staging = StagingTable.create(copies, options, target, comment);
      lease = StagingLease.hold(client, staging.sql(), comment, leaseSeconds);
      return new FlashWriterFactory(staging);
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}
