package com.theflash.spark.vector;

import org.apache.arrow.vector.FieldVector;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A column over an Arrow vector, which each batch fills anew. A getter that the column's type has
 * no values for throws: it never gives a stand-in.
 */
public abstract class FlashVector extends ColumnVector {
  private long validityAddress;
  private int nullCount;

  /** Address of the fixed-size values, or of the bytes. */
  long dataAddress;

  FlashVector(DataType type) {
    super(type);
  }

  /** Shows the values that a vector holds now. They are the vector's, and go with it. */
  public void load(FieldVector vector) {
    loadNulls(vector);
    dataAddress = vector.getDataBuffer().memoryAddress();
  }

  final void loadNulls(FieldVector vector) {
    nullCount = vector.getNullCount();
    validityAddress = nullCount == 0 ? 0 : vector.getValidityBuffer().memoryAddress();
  }

  @Override
  public final boolean hasNull() {
    return nullCount > 0;
  }

  @Override
  public final int numNulls() {
    return nullCount;
  }

  @Override
  public final boolean isNullAt(int row) {
    if (nullCount == 0) {
      return false;
    }
    byte bits = Platform.getByte(null, validityAddress + (row >> 3));
    return ((bits >> (row & 7)) & 1) == 0;
  }

  /** The memory is the reader's. */
  @Override
  public final void close() {}

  /** Spark calls it between batches, where it knows it (since 3.5.4): the column goes on. */
  public final void closeIfFreeable() {}

  @Override
  public boolean getBoolean(int row) {
    throw noSuch("boolean");
  }

  @Override
  public byte getByte(int row) {
    throw noSuch("byte");
  }

  @Override
  public short getShort(int row) {
    throw noSuch("short");
  }

  @Override
  public int getInt(int row) {
    throw noSuch("int");
  }

  @Override
  public long getLong(int row) {
    throw noSuch("long");
  }

  @Override
  public float getFloat(int row) {
    throw noSuch("float");
  }

  @Override
  public double getDouble(int row) {
    throw noSuch("double");
  }

  @Override
  public ColumnarArray getArray(int row) {
    throw noSuch("array");
  }

  @Override
  public ColumnarMap getMap(int row) {
    throw noSuch("map");
  }

  @Override
  public Decimal getDecimal(int row, int precision, int scale) {
    throw noSuch("decimal");
  }

  @Override
  public UTF8String getUTF8String(int row) {
    throw noSuch("string");
  }

  @Override
  public byte[] getBinary(int row) {
    throw noSuch("binary");
  }

  @Override
  public ColumnVector getChild(int ordinal) {
    throw noSuch("struct");
  }

  private UnsupportedOperationException noSuch(String asked) {
    return new UnsupportedOperationException(
        "a column of " + dataType().simpleString() + " has no " + asked + " values");
  }
}
