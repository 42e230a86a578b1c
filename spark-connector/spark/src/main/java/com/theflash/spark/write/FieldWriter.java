package com.theflash.spark.write;

import java.math.BigDecimal;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StringType;

/** Puts one field of rows into an Arrow vector. */
interface FieldWriter {
  /** Puts the value at {@code ordinal}, which is not NULL, to {@code index} of the vector. */
  void set(SpecializedGetters row, int ordinal, int index);

  /** The same for a value that may be NULL, which vectors hold where nothing was put. */
  default void put(SpecializedGetters row, int ordinal, int index) {
    if (!row.isNullAt(ordinal)) {
      set(row, ordinal, index);
    }
  }

  /** Gives the writer for a vector that was made for the type. */
  static FieldWriter of(DataType type, FieldVector vector) {
    if (vector instanceof BitVector bits) {
      return (row, from, to) -> bits.setSafe(to, row.getBoolean(from) ? 1 : 0);
    } else if (vector instanceof TinyIntVector bytes) {
      return (row, from, to) -> bytes.setSafe(to, row.getByte(from));
    } else if (vector instanceof SmallIntVector shorts) {
      return (row, from, to) -> shorts.setSafe(to, row.getShort(from));
    } else if (vector instanceof IntVector ints) {
      return (row, from, to) -> ints.setSafe(to, row.getInt(from));
    } else if (vector instanceof BigIntVector longs) {
      return (row, from, to) -> longs.setSafe(to, row.getLong(from));
    } else if (vector instanceof Float4Vector floats) {
      return (row, from, to) -> floats.setSafe(to, row.getFloat(from));
    } else if (vector instanceof Float8Vector doubles) {
      return (row, from, to) -> doubles.setSafe(to, row.getDouble(from));
    } else if (vector instanceof DateDayVector days) {
      return (row, from, to) -> days.setSafe(to, row.getInt(from));
    } else if (vector instanceof TimeStampMicroTZVector micros) {
      return (row, from, to) -> micros.setSafe(to, row.getLong(from));
    } else if (vector instanceof TimeStampMicroVector micros) {
      return (row, from, to) -> micros.setSafe(to, row.getLong(from));
    }
    return ofSized(type, vector);
  }

  private static FieldWriter ofSized(DataType type, FieldVector vector) {
    if (vector instanceof DecimalVector decimals && type instanceof DecimalType decimal) {
      return (row, from, to) -> {
        BigDecimal value =
            row.getDecimal(from, decimal.precision(), decimal.scale()).toJavaBigDecimal();
        decimals.setSafe(to, value);
      };
    } else if (vector instanceof BaseVariableWidthVector texts && type instanceof StringType) {
      return (row, from, to) -> texts.setSafe(to, row.getUTF8String(from).getBytes());
    } else if (vector instanceof BaseVariableWidthVector bytes) {
      return (row, from, to) -> bytes.setSafe(to, row.getBinary(from));
    } else if (vector instanceof ListVector lists && type instanceof ArrayType array) {
      FieldWriter element = of(array.elementType(), lists.getDataVector());
      return (row, from, to) -> {
        var values = row.getArray(from);
        int start = lists.startNewValue(to);
        for (int index = 0; index < values.numElements(); index += 1) {
          if (values.isNullAt(index)) {
            lists.getDataVector().setNull(start + index);
          } else {
            element.set(values, index, start + index);
          }
        }
        lists.endValue(to, values.numElements());
      };
    }
    throw new IllegalArgumentException("no Arrow form of " + type.simpleString());
  }
}
