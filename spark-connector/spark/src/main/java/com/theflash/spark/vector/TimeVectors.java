package com.theflash.spark.vector;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;

/**
 * Dates as days, and timestamps as microseconds since 1970, whatever unit they come in: of UTC, or
 * of a wall clock.
 */
final class TimeVectors {
  private TimeVectors() {}

  static final class Days extends FlashVector {
    Days() {
      super(DataTypes.DateType);
    }

    @Override
    public int getInt(int row) {
      return Platform.getInt(null, dataAddress + 4L * row);
    }
  }

  /** Timestamps of 64 bits in a unit of {@code unitMicros}. */
  static final class Timestamp extends FlashVector {
    private final long unitMicros;

    Timestamp(DataType type, long unitMicros) {
      super(type);
      this.unitMicros = unitMicros;
    }

    @Override
    public long getLong(int row) {
      return Math.multiplyExact(Platform.getLong(null, dataAddress + 8L * row), unitMicros);
    }
  }

  /** ClickHouse's DateTime, which leaves it as unsigned seconds. */
  static final class UnsignedSeconds extends FlashVector {
    UnsignedSeconds() {
      super(DataTypes.TimestampType);
    }

    @Override
    public long getLong(int row) {
      int seconds = Platform.getInt(null, dataAddress + 4L * row);
      return Integer.toUnsignedLong(seconds) * 1_000_000L;
    }
  }
}
