package com.theflash.spark.write;

import com.theflash.spark.EngineType;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.unsafe.types.UTF8String;

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

  /**
   * Gives the writer of a column's values, which fails for one that the column can't hold.
   *
   * @param column database, table and name
   * @param vector made for the form's type
   */
  static FieldWriter checked(String column, StagedForm form, FieldVector vector) {
    String type = form.engineType();
    ValueLimits limits = new ValueLimits(column, type);
    if (vector instanceof SmallIntVector shorts && type.equals("UInt8")) {
      return (row, from, to) -> shorts.setSafe(to, (int) limits.unsigned(row.getShort(from), 255));
    } else if (vector instanceof IntVector ints && type.equals("UInt16")) {
      return (row, from, to) -> ints.setSafe(to, (int) limits.unsigned(row.getInt(from), 65_535));
    } else if (vector instanceof BigIntVector longs && type.equals("UInt32")) {
      return (row, from, to) ->
          longs.setSafe(to, limits.unsigned(row.getLong(from), (1L << 32) - 1));
    } else if (vector instanceof BigIntVector longs && EngineType.is(type, "Time64")) {
      return (row, from, to) -> longs.setSafe(to, limits.timeMicros(row.getLong(from)));
    } else if (vector instanceof DecimalVector decimals && type.equals("UInt64")) {
      return (row, from, to) ->
          decimals.setSafe(to, limits.unsigned64(row.getDecimal(from, 20, 0).toJavaBigDecimal()));
    } else if (vector instanceof IntVector days && type.startsWith("Date")) {
      return (row, from, to) -> days.setSafe(to, limits.days(row.getInt(from)));
    } else if (vector instanceof TimeStampVector times) {
      return (row, from, to) -> times.setSafe(to, limits.micros(row.getLong(from)));
    } else if (vector instanceof VarCharVector texts && type.startsWith("Decimal(")) {
      return (row, from, to) -> {
        String text = limits.decimalText(row.getUTF8String(from).toString());
        texts.setSafe(to, text.getBytes(StandardCharsets.US_ASCII));
      };
    } else if (vector instanceof VarCharVector texts && TextChecks.isChecked(type)) {
      Predicate<String> check = TextChecks.of(type);
      return (row, from, to) -> {
        UTF8String text = row.getUTF8String(from);
        texts.setSafe(to, limits.text(text, check).getBytes());
      };
    } else if (vector instanceof VarCharVector texts
        && ValueLimits.textLength(form.mysqlType()) > 0) {
      int most = ValueLimits.textLength(form.mysqlType());
      return (row, from, to) ->
          texts.setSafe(to, limits.text(row.getUTF8String(from), most).getBytes());
    } else if (vector instanceof VarBinaryVector bytes && type.startsWith("FixedString(")) {
      return (row, from, to) -> bytes.setSafe(to, limits.fixedBytes(row.getBinary(from)));
    } else if (vector instanceof MapVector maps) {
      return ofMap(column, form, maps);
    } else if (vector instanceof ListVector lists) {
      return ofList(column, form, lists);
    } else if (vector instanceof StructVector structs) {
      return ofStruct(column, form, structs);
    }
    return of(form.type(), vector);
  }

  private static FieldWriter ofList(String column, StagedForm form, ListVector lists) {
    FieldWriter element = ofPart(column, form, 0, lists.getDataVector());
    return (row, from, to) -> {
      var values = row.getArray(from);
      int start = lists.startNewValue(to);
      for (int index = 0; index < values.numElements(); index += 1) {
        element.set(values, index, start + index);
      }
      lists.endValue(to, values.numElements());
    };
  }

  private static FieldWriter ofMap(String column, StagedForm form, MapVector maps) {
    StructVector entries = (StructVector) maps.getDataVector();
    FieldWriter key = ofPart(column, form, 0, (FieldVector) entries.getChildByOrdinal(0));
    FieldWriter value = ofPart(column, form, 1, (FieldVector) entries.getChildByOrdinal(1));
    return (row, from, to) -> {
      var map = row.getMap(from);
      int start = maps.startNewValue(to);
      for (int index = 0; index < map.numElements(); index += 1) {
        entries.setIndexDefined(start + index);
        key.set(map.keyArray(), index, start + index);
        value.set(map.valueArray(), index, start + index);
      }
      maps.endValue(to, map.numElements());
    };
  }

  private static FieldWriter ofStruct(String column, StagedForm form, StructVector structs) {
    List<String> names = structs.getChildFieldNames();
    FieldWriter[] fields = new FieldWriter[names.size()];
    for (int index = 0; index < fields.length; index += 1) {
      FieldVector field = (FieldVector) structs.getChildByOrdinal(index);
      fields[index] = ofPart(column + "." + names.get(index), form, index, field);
    }
    return (row, from, to) -> {
      var struct = row.getStruct(from, fields.length);
      structs.setIndexDefined(to);
      for (int index = 0; index < fields.length; index += 1) {
        fields[index].set(struct, index, to);
      }
    };
  }

  /** Gives the writer of a part of a value, which takes a NULL, too, or fails for it. */
  private static FieldWriter ofPart(String column, StagedForm form, int part, FieldVector vector) {
    FieldWriter value = checked(column, form.parts().get(part), vector);
    ValueLimits limits = new ValueLimits(column, form.engineType());
    boolean takesNull = form.hasNull(part);
    return (row, from, to) -> {
      if (!row.isNullAt(from)) {
        value.set(row, from, to);
      } else if (takesNull) {
        vector.setNull(to);
      } else {
        throw limits.noNull();
      }
    };
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
    }
    throw new IllegalArgumentException("no Arrow form of " + type.simpleString());
  }
}
