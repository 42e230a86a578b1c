package com.theflash.spark.write;

import com.theflash.spark.FlashMemory;
import java.io.IOException;
import java.util.Arrays;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.write.DeltaWriter;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.types.DataType;

/** Puts a task's rows, and the keys that it deletes, into the staging table. */
final class FlashDataWriter implements DeltaWriter<InternalRow> {
  private final StagingTable staging;
  private final long taskId;
  private final int[] keyOrdinals;
  private final DataType[] keyTypes;
  private final BufferAllocator allocator;
  private final RowBuffer buffer;
  private boolean deletes;
  private boolean closed;

  FlashDataWriter(StagingTable staging, long taskId) {
    this.staging = staging;
    this.taskId = taskId;
    WriteTarget target = staging.target();
    this.keyOrdinals = target.keyOrdinals();
    this.keyTypes =
        Arrays.stream(keyOrdinals)
            .mapToObj(index -> target.columns().get(index).type())
            .toArray(DataType[]::new);
    this.allocator = FlashMemory.newTaskAllocator("write to " + staging.name());
    this.buffer = new RowBuffer(target, taskId, allocator);
  }

  @Override
  public void write(InternalRow row) throws IOException {
    buffer.add(row);
    flushIfFull();
  }

  @Override
  public void insert(InternalRow row) throws IOException {
    write(row);
  }

  @Override
  public void delete(InternalRow metadata, InternalRow key) throws IOException {
    deletes = true;
    buffer.addDeleted(key, keyOrdinals);
    flushIfFull();
  }

  /** An update of the key's own columns leaves the old key behind, to be deleted. */
  @Override
  public void update(InternalRow metadata, InternalRow key, InternalRow row) throws IOException {
    if (!hasKey(row, key)) {
      delete(metadata, key);
    }
    write(row);
  }

  @Override
  public WriterCommitMessage commit() throws IOException {
    flush();
    return new TaskCommit(taskId, deletes);
  }

  /** Its rows stay in the staging table, and go with it. */
  @Override
  public void abort() {}

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      buffer.close();
      allocator.close();
    }
  }

  private boolean hasKey(InternalRow row, InternalRow key) {
    for (int index = 0; index < keyOrdinals.length; index += 1) {
      Object old = key.get(index, keyTypes[index]);
      if (!old.equals(row.get(keyOrdinals[index], keyTypes[index]))) {
        return false;
      }
    }
    return true;
  }

  private void flushIfFull() throws IOException {
    if (buffer.isFull()) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (!buffer.isEmpty()) {
      staging.client().insert(staging.database(), staging.name(), buffer.take());
    }
  }
}
