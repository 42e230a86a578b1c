package com.theflash.spark;

import com.theflash.client.FlashException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.CharType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.VarcharType;

/** A mutable table of the engine for a schema of Spark. */
public final class CreateTable {
  private final StructType schema;
  private final TableProperties properties;

  private CreateTable(StructType schema, TableProperties properties) {
    this.schema = schema;
    this.properties = properties;
  }

  /**
   * Checks what is wanted, but for the key. The property {@code primaryKey} names its columns, with
   * commas.
   *
   * @throws FlashException INVALID_REQUEST for types without a place, and for properties that would
   *     have no effect
   */
  static CreateTable of(StructType schema, Transform[] partitions, Map<String, String> properties)
      throws FlashException {
    if (partitions.length > 0) {
      throw FlashException.ofRequest(
          "Tables of theflash have no partitions", "Leave PARTITIONED BY out.");
    }
    columnsSql(schema, List.of());
    return new CreateTable(schema, TableProperties.check(properties));
  }

  /** The same with a key, where the properties name none; it may be null. */
  CreateTable withKey(String key) {
    return new CreateTable(schema, properties.withKey(key));
  }

  StructType schema() {
    return schema;
  }

  /** The comment of the table; empty without one. */
  String comment() {
    return properties.comment().orElse("");
  }

  /**
   * Gives the statement.
   *
   * @param tableComment in the place of the table's own
   * @throws FlashException INVALID_REQUEST for a missing or wrong key
   */
  String sql(TableName table, String tableComment) throws FlashException {
    List<String> key = properties.key(List.of(schema.fieldNames()));
    return "CREATE TABLE "
        + table.sql()
        + " ("
        + columnsSql(schema, key)
        + ") ENGINE = MutableMergeTree ORDER BY ("
        + String.join(", ", key.stream().map(SqlText::quoteName).toList())
        + ") COMMENT "
        + SqlText.quoteText(tableComment);
  }

  private static String columnsSql(StructType schema, List<String> key) throws FlashException {
    List<String> columns = new ArrayList<>();
    for (StructField each : schema.fields()) {
      boolean nullable = each.nullable() && !key.contains(each.name());
      String comment = each.getComment().isDefined() ? each.getComment().get() : null;
      columns.add(columnSql(each.name(), each.dataType(), nullable, comment));
    }
    return String.join(", ", columns);
  }

  /**
   * A column of CREATE TABLE and ALTER TABLE.
   *
   * @param comment of a person; null without one
   */
  static String columnSql(String name, DataType type, boolean nullable, String comment)
      throws FlashException {
    String kept = comment;
    if (type.equals(DataTypes.BinaryType)) {
      kept = "longblob";
    } else if (type instanceof VarcharType || type instanceof CharType) {
      kept = type.typeName();
    }
    // The engine's comment tells bytes from text, and how long a text may be.
    boolean taken = !Objects.equals(kept, comment) || MysqlTypes.isType(comment);
    if (comment != null && taken) {
      throw FlashException.ofRequest(
          "Column " + name + " can't have the comment \"" + comment + "\"",
          "The comments of BINARY, CHAR and VARCHAR columns hold their types, and no other comment"
              + " may be the name of a type.");
    }
    return columnSql(name, type, nullable)
        + (kept == null ? "" : " COMMENT " + SqlText.quoteText(kept));
  }

  /** The same without a comment: a text, and bytes, are a String. */
  public static String columnSql(String name, DataType type, boolean nullable)
      throws FlashException {
    String engineType = engineType(name, type);
    return SqlText.quoteName(name) + " " + nullableType(type, engineType, nullable);
  }

  /** What holds other values holds no NULL itself. */
  private static String nullableType(DataType type, String engineType, boolean nullable) {
    boolean holds =
        type instanceof ArrayType || type instanceof MapType || type instanceof StructType;
    return nullable && !holds ? "Nullable(" + engineType + ")" : engineType;
  }

  private static String engineType(String column, DataType type) throws FlashException {
    if (type instanceof DecimalType decimal) {
      return "Decimal(" + decimal.precision() + ", " + decimal.scale() + ")";
    } else if (type instanceof ArrayType array) {
      String element = engineType(column, array.elementType());
      return "Array(" + nullableType(array.elementType(), element, array.containsNull()) + ")";
    } else if (type instanceof MapType map) {
      String value = engineType(column, map.valueType());
      return "Map("
          + engineType(column, map.keyType())
          + ", "
          + nullableType(map.valueType(), value, map.valueContainsNull())
          + ")";
    } else if (type instanceof StructType struct && struct.length() > 0) {
      List<String> fields = new ArrayList<>();
      for (StructField each : struct.fields()) {
        fields.add(columnSql(each.name(), each.dataType(), each.nullable()));
      }
      return "Tuple(" + String.join(", ", fields) + ")";
    }
    if (type instanceof VarcharType || type instanceof CharType) {
      return "String";
    }
    return switch (type.typeName()) {
      case "boolean" -> "Bool";
      case "byte" -> "Int8";
      case "short" -> "Int16";
      case "integer" -> "Int32";
      case "long" -> "Int64";
      case "float" -> "Float32";
      case "double" -> "Float64";
      case "date" -> "Date32";
      case "timestamp" -> "DateTime64(6, 'UTC')";
      case "timestamp_ntz" -> "DateTime64(6, '" + ColumnTypes.WALL_CLOCK_ZONE + "')";
      case "string", "binary" -> "String";
      default ->
          throw FlashException.ofRequest(
              "Column " + column + " is " + type.simpleString() + ", which theflash can't keep",
              "Cast it to a type of the table in docs/spark.md.");
    };
  }
}
