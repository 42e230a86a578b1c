package com.theflash.spark;

import com.theflash.client.FlashException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** A mutable table of the engine for a schema of Spark. */
public final class CreateTable {
  private CreateTable() {}

  /**
   * Gives the statement. The property {@code primaryKey} names the key's columns, with commas.
   *
   * @throws FlashException INVALID_REQUEST for a missing or wrong key, and for types without a
   *     place
   */
  static String sql(
      TableName table, StructType schema, Transform[] partitions, Map<String, String> properties)
      throws FlashException {
    if (partitions.length > 0) {
      throw FlashException.ofRequest(
          "Tables of theflash have no partitions", "Leave PARTITIONED BY out.");
    }
    List<String> key = key(schema, properties);
    List<String> columns = new ArrayList<>();
    for (StructField each : schema.fields()) {
      boolean nullable = each.nullable() && !key.contains(each.name());
      columns.add(columnSql(each.name(), each.dataType(), nullable));
    }
    List<String> quotedKey = key.stream().map(SqlText::quoteName).toList();
    return "CREATE TABLE "
        + table.sql()
        + " ("
        + String.join(", ", columns)
        + ") ENGINE = MutableMergeTree ORDER BY ("
        + String.join(", ", quotedKey)
        + ")";
  }

  /** A column of CREATE TABLE and ALTER TABLE. */
  public static String columnSql(String name, DataType type, boolean nullable)
      throws FlashException {
    String engineType = engineType(name, type);
    boolean wrapped = nullable && !(type instanceof ArrayType);
    String comment =
        type.equals(DataTypes.BinaryType) ? " COMMENT " + SqlText.quoteText("longblob") : "";
    return SqlText.quoteName(name)
        + " "
        + (wrapped ? "Nullable(" + engineType + ")" : engineType)
        + comment;
  }

  private static List<String> key(StructType schema, Map<String, String> properties)
      throws FlashException {
    String text = properties.get("primaryKey");
    if (text == null) {
      throw FlashException.ofRequest(
          "A table needs a key", "Add TBLPROPERTIES ('primaryKey' = 'column, …').");
    }
    List<String> names = List.of(schema.fieldNames());
    List<String> key = Arrays.stream(text.split(",")).map(String::trim).toList();
    for (String each : key) {
      if (!names.contains(each)) {
        throw FlashException.ofRequest("The table has no column " + each + " for its key", "");
      }
    }
    return key;
  }

  private static String engineType(String column, DataType type) throws FlashException {
    if (type instanceof DecimalType decimal) {
      return "Decimal(" + decimal.precision() + ", " + decimal.scale() + ")";
    } else if (type instanceof ArrayType array) {
      String element = engineType(column, array.elementType());
      boolean nullable = array.containsNull() && !(array.elementType() instanceof ArrayType);
      return "Array(" + (nullable ? "Nullable(" + element + ")" : element) + ")";
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
