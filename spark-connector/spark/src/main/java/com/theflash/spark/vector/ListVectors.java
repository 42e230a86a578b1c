package com.theflash.spark.vector;

import com.theflash.spark.EngineType;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.unsafe.Platform;

/** Lists, over the vector of all their elements. */
final class ListVectors extends FlashVector {
  private final FlashVector elements;
  private long offsetAddress;

  ListVectors(ArrayType type, String engineType, ListVector vector) {
    super(type);
    this.elements =
        FlashVectors.create(
            type.elementType(), EngineType.arguments(engineType).get(0), vector.getDataVector());
  }

  @Override
  public void load(FieldVector vector) {
    ListVector list = (ListVector) vector;
    loadNulls(list);
    offsetAddress = list.getOffsetBuffer().memoryAddress();
    elements.load(list.getDataVector());
  }

  @Override
  public ColumnarArray getArray(int row) {
    int start = Platform.getInt(null, offsetAddress + 4L * row);
    int end = Platform.getInt(null, offsetAddress + 4L * row + 4);
    return new ColumnarArray(elements, start, end - start);
  }
}
