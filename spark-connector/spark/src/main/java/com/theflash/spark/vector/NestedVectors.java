package com.theflash.spark.vector;

import com.theflash.spark.EngineType;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.Platform;

/** Maps and tuples. */
final class NestedVectors {
  private NestedVectors() {}

  /** A tuple: its elements lie in vectors of their own. */
  static final class Tuple extends FlashVector {
    private final List<FlashVector> elements = new ArrayList<>();

    Tuple(StructType type, String engineType, StructVector vector) {
      super(type);
      List<String> types = EngineType.tupleTypes(engineType);
      for (int index = 0; index < types.size(); index += 1) {
        FieldVector child = vector.getChildrenFromFields().get(index);
        elements.add(FlashVectors.create(type.apply(index).dataType(), types.get(index), child));
      }
    }

    @Override
    public void load(FieldVector vector) {
      loadNulls(vector);
      List<FieldVector> children = vector.getChildrenFromFields();
      for (int index = 0; index < elements.size(); index += 1) {
        elements.get(index).load(children.get(index));
      }
    }

    @Override
    public ColumnVector getChild(int ordinal) {
      return elements.get(ordinal);
    }
  }

  /** A map: a list of keys and values, which lie in two vectors. */
  static final class Pairs extends FlashVector {
    private final FlashVector keys;
    private final FlashVector values;
    private long offsetAddress;

    Pairs(MapType type, String engineType, MapVector vector) {
      super(type);
      List<String> types = EngineType.arguments(engineType);
      List<FieldVector> pair = vector.getDataVector().getChildrenFromFields();
      keys = FlashVectors.create(type.keyType(), types.get(0), pair.get(0));
      values = FlashVectors.create(type.valueType(), types.get(1), pair.get(1));
    }

    @Override
    public void load(FieldVector vector) {
      loadNulls(vector);
      offsetAddress = vector.getOffsetBuffer().memoryAddress();
      List<FieldVector> pair = ((MapVector) vector).getDataVector().getChildrenFromFields();
      keys.load(pair.get(0));
      values.load(pair.get(1));
    }

    @Override
    public ColumnarMap getMap(int row) {
      int start = Platform.getInt(null, offsetAddress + 4L * row);
      int end = Platform.getInt(null, offsetAddress + 4L * row + 4);
      return new ColumnarMap(keys, values, start, end - start);
    }
  }
}
