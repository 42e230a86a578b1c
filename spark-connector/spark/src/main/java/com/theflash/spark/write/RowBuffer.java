package com.theflash.spark.write;

import com.theflash.spark.FlashColumn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;

/** Rows of a task on their way to the staging table, as Arrow. */
final class RowBuffer implements AutoCloseable {
  /** Bounds what a task holds, and what an INSERT carries. */
  private static final int ROWS_MAX = 65_536;

  private static final long BYTES_MAX = 16L << 20;
  private static final int ROWS_BETWEEN_CHECKS = 256;

  private final VectorSchemaRoot root;
  private final List<FieldWriter> writers = new ArrayList<>();
  private final TinyIntVector deleted;
  private final BigIntVector tasks;
  private final WriteTarget target;
  private final boolean[] nullable;
  private final long taskId;
  private int rows;

  RowBuffer(WriteTarget target, long taskId, BufferAllocator allocator) {
    List<Field> fields = new ArrayList<>();
    List<StagedForm> forms = target.forms();
    for (int index = 0; index < forms.size(); index += 1) {
      fields.add(ArrowTypes.field(target.columns().get(index).name(), forms.get(index).type()));
    }
    fields.add(ArrowTypes.field(StagingTable.DELETED, DataTypes.ByteType));
    fields.add(ArrowTypes.field(StagingTable.TASK, DataTypes.LongType));
    this.root = VectorSchemaRoot.create(new Schema(fields), allocator);
    this.target = target;
    this.nullable = new boolean[forms.size()];
    this.taskId = taskId;
    for (int index = 0; index < forms.size(); index += 1) {
      nullable[index] = target.columns().get(index).nullable();
      String column = target.titleOf(target.columns().get(index));
      writers.add(FieldWriter.checked(column, forms.get(index), root.getVector(index)));
    }
    this.deleted = (TinyIntVector) root.getVector(forms.size());
    this.tasks = (BigIntVector) root.getVector(forms.size() + 1);
  }

  /** Adds a row of all columns. */
  void add(InternalRow row) {
    for (int index = 0; index < writers.size(); index += 1) {
      if (!nullable[index] && row.isNullAt(index)) {
        throw limits(index).noNull();
      }
      writers.get(index).put(row, index, rows);
    }
    finishRow(0);
  }

  /**
   * Adds a key that is to be deleted.
   *
   * @param ordinals of the key's columns in the table, in the order of the key's row
   */
  void addDeleted(InternalRow key, int[] ordinals) {
    for (int index = 0; index < ordinals.length; index += 1) {
      writers.get(ordinals[index]).put(key, index, rows);
    }
    finishRow(1);
  }

  boolean isFull() {
    return rows >= ROWS_MAX || (rows % ROWS_BETWEEN_CHECKS == 0 && rows > 0 && bytes() > BYTES_MAX);
  }

  boolean isEmpty() {
    return rows == 0;
  }

  /** Gives the rows as an Arrow IPC stream, and forgets them. */
  ByteBuffer take() throws IOException {
    root.setRowCount(rows);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
      ByteBuffer stream = ByteBuffer.wrap(out.toByteArray());
      rows = 0;
      return stream;
    } finally {
      root.getFieldVectors().forEach(FieldVector::reset);
    }
  }

  @Override
  public void close() {
    root.close();
  }

  private ValueLimits limits(int index) {
    FlashColumn column = target.columns().get(index);
    return new ValueLimits(target.titleOf(column), column.engineType());
  }

  private void finishRow(int isDeleted) {
    deleted.setSafe(rows, isDeleted);
    tasks.setSafe(rows, taskId);
    rows += 1;
  }

  private long bytes() {
    long bytes = 0;
    for (FieldVector each : root.getFieldVectors()) {
      bytes += each.getBufferSizeFor(rows);
    }
    return bytes;
  }
}
