package com.theflash.spark.write;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import java.util.List;
import org.apache.spark.sql.connector.write.DeltaBatchWrite;
import org.apache.spark.sql.connector.write.DeltaWrite;
import org.apache.spark.sql.connector.write.DeltaWriteBuilder;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.connector.write.streaming.StreamingWrite;

/** Prepares a job that writes: by rows, and by rows and deleted keys. */
public final class FlashWriteBuilder implements DeltaWriteBuilder, SupportsTruncate {
  private final List<Endpoint> copies;
  private final ClientOptions options;
  private final WriteTarget target;
  private final int leaseSeconds;
  private boolean overwrite;

  /**
   * @param leaseSeconds how long a staging table outlives its driver
   */
  public FlashWriteBuilder(
      List<Endpoint> copies, ClientOptions options, WriteTarget target, int leaseSeconds) {
    this.copies = copies;
    this.options = options;
    this.target = target;
    this.leaseSeconds = leaseSeconds;
  }

  /** Mode overwrite: all other rows are deleted by the statement that brings the new ones. */
  @Override
  public WriteBuilder truncate() {
    overwrite = true;
    return this;
  }

  @Override
  public DeltaWrite build() {
    return new DeltaWrite() {
      @Override
      public String description() {
        return "theflash " + target.title();
      }

      @Override
      public DeltaBatchWrite toBatch() {
        return start();
      }

      @Override
      public StreamingWrite toStreaming() {
        return start();
      }
    };
  }

  private FlashBatchWrite start() {
    return new FlashBatchWrite(copies, options, target, overwrite, leaseSeconds);
  }
}
