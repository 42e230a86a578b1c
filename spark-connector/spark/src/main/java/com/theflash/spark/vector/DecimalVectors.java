package com.theflash.spark.vector;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Arrow's decimals: two's complement, little-endian, of 16 or 32 bytes. */
final class DecimalVectors {
  private DecimalVectors() {}

  static final class Decimal128 extends FlashVector {
    private static final int LONG_DIGITS_MAX = 18;

    Decimal128(DecimalType type) {
      super(type);
    }

    @Override
    public Decimal getDecimal(int row, int precision, int scale) {
      long address = dataAddress + 16L * row;
      long low = Platform.getLong(null, address);
      if (precision <= LONG_DIGITS_MAX) {
        return Decimal.createUnsafe(low, precision, scale);
      }
      long high = Platform.getLong(null, address + 8);
      BigInteger unscaled = high == low >> 63 ? BigInteger.valueOf(low) : readInteger(address, 16);
      return Decimal.apply(new BigDecimal(unscaled, scale), precision, scale);
    }
  }

  /** A sum, whose digits Spark's type has room for; where it has not, the read fails. */
  static final class Decimal128Narrowed extends FlashVector {
    Decimal128Narrowed(DecimalType type) {
      super(type);
    }

    @Override
    public Decimal getDecimal(int row, int precision, int scale) {
      BigInteger unscaled = readInteger(dataAddress + 16L * row, 16);
      return Decimal.apply(new BigDecimal(unscaled, scale), precision, scale);
    }
  }

  /** A sum of integers, which is exact; one beyond 64 bits is an error, never another number. */
  static final class Decimal128AsLong extends FlashVector {
    Decimal128AsLong() {
      super(DataTypes.LongType);
    }

    @Override
    public long getLong(int row) {
      long address = dataAddress + 16L * row;
      long low = Platform.getLong(null, address);
      if (Platform.getLong(null, address + 8) != low >> 63) {
        throw new ArithmeticException(
            "[ARITHMETIC_OVERFLOW] "
                + readInteger(address, 16)
                + ", a sum of bigints, is no bigint. Sum decimals, as in sum(CAST(x AS"
                + " DECIMAL(38, 0))), or set the option pushdown.aggregates to false to have Spark"
                + " deal with it.");
      }
      return low;
    }
  }

  /** More than 38 digits are beyond Spark's decimals: their text has them all. */
  static final class Decimal256AsText extends FlashVector {
    private final int scale;

    Decimal256AsText(int scale) {
      super(DataTypes.StringType);
      this.scale = scale;
    }

    @Override
    public UTF8String getUTF8String(int row) {
      BigInteger unscaled = readInteger(dataAddress + 32L * row, 32);
      return UTF8String.fromString(new BigDecimal(unscaled, scale).toPlainString());
    }
  }

  private static BigInteger readInteger(long address, int bytes) {
    return readInteger(address, bytes, false);
  }

  static BigInteger readInteger(long address, int bytes, boolean unsigned) {
    byte[] bigEndian = new byte[bytes];
    for (int index = 0; index < bytes; index += 1) {
      bigEndian[index] = Platform.getByte(null, address + bytes - 1 - index);
    }
    return unsigned ? new BigInteger(1, bigEndian) : new BigInteger(bigEndian);
  }
}
