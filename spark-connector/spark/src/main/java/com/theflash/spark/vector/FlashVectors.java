package com.theflash.spark.vector;

import com.theflash.spark.EngineType;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.Decimal256Vector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TimeStampMilliTZVector;
import org.apache.arrow.vector.TimeStampMilliVector;
import org.apache.arrow.vector.TimeStampSecTZVector;
import org.apache.arrow.vector.TimeStampSecVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/** Chooses the column for an Arrow vector. */
public final class FlashVectors {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_MILLI = 1_000;

  private FlashVectors() {}

  /**
   * Gives an empty column that shows vectors like the one given as values of a Spark type.
   *
   * @param engineType what the values are in the engine; empty for those of an aggregate
   * @throws IllegalStateException where the two do not fit, as after a change of the table
   */
  public static FlashVector create(DataType type, String engineType, FieldVector vector) {
    FlashVector column = chooseNested(type, EngineType.bare(engineType), vector);
    if (column != null && column.dataType().equals(type)) {
      return column;
    }
    throw new IllegalStateException(
        "Column "
            + vector.getName()
            + " came as Arrow "
            + vector.getField().getType()
            + ", which can't be read as "
            + type.simpleString()
            + ". Was the table changed? Load it again.");
  }

  private static FlashVector chooseNested(DataType type, String engineType, FieldVector vector) {
    if (vector instanceof MapVector map && type instanceof MapType pairs) {
      return new NestedVectors.Pairs(pairs, engineType, map);
    } else if (vector instanceof ListVector list && type instanceof ArrayType array) {
      return new ListVectors(array, engineType, list);
    } else if (vector instanceof StructVector struct && type instanceof StructType elements) {
      return new NestedVectors.Tuple(elements, engineType, struct);
    }
    FlashVector text = TextVectors.create(engineType, vector);
    return text == null ? choose(type, vector) : text;
  }

  private static FlashVector choose(DataType type, FieldVector vector) {
    if (vector instanceof UInt4Vector && type.equals(DataTypes.TimestampType)) {
      return new TimeVectors.UnsignedSeconds();
    }
    if (vector instanceof DecimalVector && type.equals(DataTypes.LongType)) {
      return new DecimalVectors.Decimal128AsLong();
    }
    FlashVector number = chooseNumber(type, vector);
    return number == null ? chooseOther(vector) : number;
  }

  private static FlashVector chooseNumber(DataType type, FieldVector vector) {
    if (vector instanceof BitVector) {
      return new IntegerVectors.Bool();
    } else if (vector instanceof TinyIntVector) {
      return new IntegerVectors.Int8();
    } else if (vector instanceof UInt1Vector) {
      return new IntegerVectors.UInt8();
    } else if (vector instanceof SmallIntVector) {
      return new IntegerVectors.Int16();
    } else if (vector instanceof UInt2Vector) {
      return new IntegerVectors.UInt16();
    } else if (vector instanceof IntVector) {
      return new IntegerVectors.Int32();
    } else if (vector instanceof UInt4Vector) {
      return new IntegerVectors.UInt32();
    } else if (vector instanceof BigIntVector) {
      return new IntegerVectors.Int64();
    } else if (vector instanceof UInt8Vector) {
      return new IntegerVectors.UInt64();
    } else if (vector instanceof Float4Vector) {
      return new FloatVectors.Float32();
    } else if (vector instanceof Float8Vector) {
      return new FloatVectors.Float64();
    } else if (vector instanceof DecimalVector given && type instanceof DecimalType decimal) {
      return given.getPrecision() > decimal.precision()
          ? new DecimalVectors.Decimal128Narrowed(decimal)
          : new DecimalVectors.Decimal128(decimal);
    } else if (vector instanceof Decimal256Vector decimal) {
      return new DecimalVectors.Decimal256AsText(decimal.getScale());
    }
    return null;
  }

  private static FlashVector chooseOther(FieldVector vector) {
    if (vector instanceof VarCharVector) {
      return new BytesVectors.Text();
    } else if (vector instanceof VarBinaryVector) {
      return new BytesVectors.Bytes();
    } else if (vector instanceof FixedSizeBinaryVector fixed) {
      return new BytesVectors.FixedBytes(fixed.getByteWidth());
    } else if (vector instanceof DateDayVector) {
      return new TimeVectors.Days();
    }
    return chooseTimestamp(vector);
  }

  private static FlashVector chooseTimestamp(FieldVector vector) {
    if (vector instanceof TimeStampSecTZVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampType, MICROS_PER_SECOND);
    } else if (vector instanceof TimeStampMilliTZVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampType, MICROS_PER_MILLI);
    } else if (vector instanceof TimeStampMicroTZVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampType, 1);
    } else if (vector instanceof TimeStampSecVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampNTZType, MICROS_PER_SECOND);
    } else if (vector instanceof TimeStampMilliVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampNTZType, MICROS_PER_MILLI);
    } else if (vector instanceof TimeStampMicroVector) {
      return new TimeVectors.Timestamp(DataTypes.TimestampNTZType, 1);
    }
    return null;
  }
}
