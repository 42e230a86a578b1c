package com.theflash.spark.vector;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;

/** Floats of both sizes. */
final class FloatVectors {
  private FloatVectors() {}

  static final class Float32 extends FlashVector {
    Float32() {
      super(DataTypes.FloatType);
    }

    @Override
    public float getFloat(int row) {
      return Platform.getFloat(null, dataAddress + 4L * row);
    }
  }

  static final class Float64 extends FlashVector {
    Float64() {
      super(DataTypes.DoubleType);
    }

    @Override
    public double getDouble(int row) {
      return Platform.getDouble(null, dataAddress + 8L * row);
    }
  }
}
