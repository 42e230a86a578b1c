package com.theflash.spark.vector;

import org.apache.arrow.vector.FieldVector;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Texts and bytes. */
final class BytesVectors {
  private BytesVectors() {}

  /** Values of any length: value i lies between offsets i and i + 1. */
  abstract static class Variable extends FlashVector {
    private long offsetAddress;

    Variable(DataType type) {
      super(type);
    }

    @Override
    public void load(FieldVector vector) {
      super.load(vector);
      offsetAddress = vector.getOffsetBuffer().memoryAddress();
    }

    int start(int row) {
      return Platform.getInt(null, offsetAddress + 4L * row);
    }
  }

  static final class Text extends Variable {
    Text() {
      super(DataTypes.StringType);
    }

    /** Points into the batch, as all strings of a columnar source do. */
    @Override
    public UTF8String getUTF8String(int row) {
      int start = start(row);
      return UTF8String.fromAddress(null, dataAddress + start, start(row + 1) - start);
    }
  }

  static final class Bytes extends Variable {
    Bytes() {
      super(DataTypes.BinaryType);
    }

    @Override
    public byte[] getBinary(int row) {
      int start = start(row);
      return copy(dataAddress + start, start(row + 1) - start);
    }
  }

  static final class FixedBytes extends FlashVector {
    private final int width;

    FixedBytes(int width) {
      super(DataTypes.BinaryType);
      this.width = width;
    }

    @Override
    public byte[] getBinary(int row) {
      return copy(dataAddress + (long) width * row, width);
    }
  }

  private static byte[] copy(long address, int length) {
    byte[] bytes = new byte[length];
    Platform.copyMemory(null, address, bytes, Platform.BYTE_ARRAY_OFFSET, length);
    return bytes;
  }
}
