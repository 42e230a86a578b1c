package com.theflash.spark.write;

import java.util.Arrays;
import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/** The Arrow types in which rows leave Spark. */
final class ArrowTypes {
  private ArrowTypes() {}

  static Field field(String name, DataType type) {
    return new Field(name, FieldType.nullable(arrowType(type)), children(type));
  }

  private static List<Field> children(DataType type) {
    if (type instanceof ArrayType array) {
      return List.of(field("item", array.elementType()));
    } else if (type instanceof MapType map) {
      DataType keyType = map.keyType();
      Field key = new Field("key", FieldType.notNullable(arrowType(keyType)), children(keyType));
      List<Field> entry = List.of(key, field("value", map.valueType()));
      return List.of(new Field("entries", FieldType.notNullable(ArrowType.Struct.INSTANCE), entry));
    } else if (type instanceof StructType struct) {
      return Arrays.stream(struct.fields())
          .map(each -> field(each.name(), each.dataType()))
          .toList();
    }
    return List.of();
  }

  private static ArrowType arrowType(DataType type) {
    if (type instanceof DecimalType decimal) {
      return new ArrowType.Decimal(decimal.precision(), decimal.scale(), 128);
    }
    return switch (type.typeName()) {
      case "boolean" -> ArrowType.Bool.INSTANCE;
      case "byte" -> new ArrowType.Int(8, true);
      case "short" -> new ArrowType.Int(16, true);
      case "integer" -> new ArrowType.Int(32, true);
      case "long" -> new ArrowType.Int(64, true);
      case "float" -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
      case "double" -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
      case "timestamp" -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
      case "timestamp_ntz" -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, null);
      case "string" -> ArrowType.Utf8.INSTANCE;
      case "binary" -> ArrowType.Binary.INSTANCE;
      case "array" -> ArrowType.List.INSTANCE;
      case "map" -> new ArrowType.Map(false);
      case "struct" -> ArrowType.Struct.INSTANCE;
      default -> throw new IllegalArgumentException("no Arrow form of " + type.simpleString());
    };
  }
}
