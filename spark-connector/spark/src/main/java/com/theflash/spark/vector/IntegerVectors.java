package com.theflash.spark.vector;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.arrow.vector.BitVector;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.unsafe.Platform;

/** Integers, the unsigned ones in the next wider type, and booleans. */
final class IntegerVectors {
  private IntegerVectors() {}

  static final class Bool extends FlashVector {
    Bool() {
      super(DataTypes.BooleanType);
    }

    /** Arrow packs booleans as {@link BitVector}. */
    @Override
    public boolean getBoolean(int row) {
      return ((Platform.getByte(null, dataAddress + (row >> 3)) >> (row & 7)) & 1) != 0;
    }
  }

  static final class Int8 extends FlashVector {
    Int8() {
      super(DataTypes.ByteType);
    }

    @Override
    public byte getByte(int row) {
      return Platform.getByte(null, dataAddress + row);
    }
  }

  static final class UInt8 extends FlashVector {
    UInt8() {
      super(DataTypes.ShortType);
    }

    @Override
    public short getShort(int row) {
      return (short) (Platform.getByte(null, dataAddress + row) & 0xff);
    }
  }

  static final class Int16 extends FlashVector {
    Int16() {
      super(DataTypes.ShortType);
    }

    @Override
    public short getShort(int row) {
      return Platform.getShort(null, dataAddress + 2L * row);
    }
  }

  static final class UInt16 extends FlashVector {
    UInt16() {
      super(DataTypes.IntegerType);
    }

    @Override
    public int getInt(int row) {
      return Platform.getShort(null, dataAddress + 2L * row) & 0xffff;
    }
  }

  static final class Int32 extends FlashVector {
    Int32() {
      super(DataTypes.IntegerType);
    }

    @Override
    public int getInt(int row) {
      return Platform.getInt(null, dataAddress + 4L * row);
    }
  }

  static final class UInt32 extends FlashVector {
    UInt32() {
      super(DataTypes.LongType);
    }

    @Override
    public long getLong(int row) {
      return Integer.toUnsignedLong(Platform.getInt(null, dataAddress + 4L * row));
    }
  }

  /** Also a MySQL TIME, in microseconds. */
  static final class Int64 extends FlashVector {
    Int64() {
      super(DataTypes.LongType);
    }

    @Override
    public long getLong(int row) {
      return Platform.getLong(null, dataAddress + 8L * row);
    }
  }

  static final class UInt64 extends FlashVector {
    /** Below it Spark keeps a decimal in a long. */
    private static final long SMALL = 1_000_000_000_000_000_000L;

    UInt64() {
      super(new DecimalType(20, 0));
    }

    @Override
    public Decimal getDecimal(int row, int precision, int scale) {
      long value = Platform.getLong(null, dataAddress + 8L * row);
      if (value >= 0 && value < SMALL) {
        return Decimal.createUnsafe(value, precision, scale);
      }
      BigDecimal whole = new BigDecimal(new BigInteger(Long.toUnsignedString(value)));
      return Decimal.apply(whole, precision, scale);
    }
  }
}
