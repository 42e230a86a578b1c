package com.theflash.spark;

import com.theflash.client.FlashException;
import com.theflash.client.PlanRequest;
import com.theflash.client.TableInfo;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.SupportsTriggerAvailableNow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changes of a table, batch by batch.
 *
 * <p>Where a batch ends is a snapshot, which the offset names and the server keeps over restarts of
 * both: a batch that is run again reads the same rows. It goes when Spark has committed the batch.
 */
final class ChangeStream implements MicroBatchStream, SupportsTriggerAvailableNow {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeStream.class);

  private final FlashOptions options;
  private final ScanSpec spec;
  private final TableInfo info;
  private final List<FlashColumn> columns;
  private final TableState table;
  private boolean endsWithNow;
  private ChangeOffset last;

  ChangeStream(FlashOptions options, ScanSpec spec, TableInfo info, List<FlashColumn> columns) {
    this.options = options;
    this.spec = spec;
    this.info = info;
    this.columns = columns;
    this.table = new TableState(options.firstClient(), spec.name());
  }

  /** All rows there are, unless the option changesFrom says more. */
  @Override
  public Offset initialOffset() {
    return new ChangeOffset(spec.changes().after(), null, null, null);
  }

  @Override
  public Offset latestOffset() {
    throw new UnsupportedOperationException("asked with where to begin");
  }

  @Override
  public void prepareForTriggerAvailableNow() {
    endsWithNow = true;
  }

  /** The same as where it begins, where nothing was written since. */
  @Override
  public Offset latestOffset(Offset from, ReadLimit limit) {
    if (endsWithNow && last != null) {
      return last;
    }
    ChangeOffset start = (ChangeOffset) from;
    try {
      String state = table.read();
      if (start.snapshot() != null && state.equals(start.state())) {
        last = start;
      } else {
        refuseOtherColumns();
        last = table.keep(state, options.snapshotSeconds());
      }
      return last;
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public InputPartition[] planInputPartitions(Offset from, Offset to) {
    ChangeOffset start = (ChangeOffset) from;
    ChangeOffset end = (ChangeOffset) to;
    try {
      table.renew(end.snapshot(), options.snapshotSeconds());
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
    PlanRequest.Changes changes = new PlanRequest.Changes(start.version(), start.tableId());
    return new FlashScan(options.withSnapshot(end.snapshot()), spec.of(changes), info, columns)
        .planInputPartitions();
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new FlashReaderFactory(spec.columns(), options.client());
  }

  @Override
  public Offset deserializeOffset(String json) {
    return ChangeOffset.parse(json);
  }

  /** No batch up to here is run again. */
  @Override
  public void commit(Offset end) {
    String snapshot = ((ChangeOffset) end).snapshot();
    try {
      if (snapshot != null) {
        table.drop(snapshot);
      }
    } catch (FlashException error) {
      LOG.warn("Snapshot {} stays until it expires: {}", snapshot, error.getMessage());
    }
  }

  @Override
  public void stop() {
    // What a batch reads stays on the server, for the query that goes on with it.
  }

  private void refuseOtherColumns() throws FlashException {
    TableInfo now = options.firstClient().describeTable(info.database(), info.table(), false);
    if (!now.columns().equals(info.columns())) {
      throw FlashException.ofRequest(
          "The columns of "
              + spec.name()
              + " changed while a stream reads its changes: "
              + info.columns()
              + " became "
              + now.columns(),
          "Begin anew with a new checkpointLocation.");
    }
  }
}
