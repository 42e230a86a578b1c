package com.theflash.spark;

import com.theflash.client.ColumnInfo;
import com.theflash.client.FlashException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The type table of docs/spark.md: what each column of the engine is in Spark. */
final class ColumnTypes {
  private static final Pattern DECIMAL = Pattern.compile("Decimal\\((\\d+), ?(\\d+)\\)");
  private static final Pattern DATE_TIME_64 =
      Pattern.compile("DateTime64\\((\\d)(?:, ?'(.*)')?\\)");

  /** The zone in the engine's type of a wall clock. Source: docs/types.md. */
  static final String WALL_CLOCK_ZONE = "Etc/UCT";

  private static final Pattern FIRST_WORD = Pattern.compile("^\\s*([a-zA-Z]+)");
  private static final int DECIMAL_PRECISION_MAX = 38;
  private static final Set<String> BYTE_TYPES =
      Set.of(
          "binary",
          "varbinary",
          "tinyblob",
          "blob",
          "mediumblob",
          "longblob",
          "geometry",
          "point",
          "linestring",
          "polygon",
          "multipoint",
          "multilinestring",
          "multipolygon",
          "geometrycollection",
          "geomcollection");

  private ColumnTypes() {}

  /** What becomes of columns that Spark has no type for. */
  enum Unsupported {
    /** A text that fails when it is read. */
    PLACEHOLDER,
    SKIP,
    ERROR
  }

  private record Mapped(DataType type, ColumnKind kind) {}

  /**
   * Gives the table's columns, in its order.
   *
   * @param unsupported what becomes of columns that Spark has no type for
   * @throws FlashException INVALID_REQUEST, naming such columns, where they are an error
   */
  static List<FlashColumn> map(List<ColumnInfo> columns, Unsupported unsupported)
      throws FlashException {
    List<FlashColumn> mapped = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (ColumnInfo each : columns) {
      Optional<FlashColumn> column = map(each);
      column.ifPresent(mapped::add);
      if (column.isEmpty()) {
        missing.add(each.name() + " " + each.engineType());
        if (unsupported == Unsupported.PLACEHOLDER) {
          mapped.add(placeholder(each));
        }
      }
    }
    if (missing.isEmpty() || unsupported != Unsupported.ERROR) {
      return List.copyOf(mapped);
    }
    throw FlashException.ofRequest(
        "Spark has no type for " + String.join(", ", missing),
        "Set the option unsupportedColumns to placeholder or skip to read the others.");
  }

  private static FlashColumn placeholder(ColumnInfo column) {
    return new FlashColumn(
        column.name(),
        DataTypes.StringType,
        true,
        ColumnKind.UNREADABLE,
        column.engineType(),
        column.mysqlType());
  }

  private static Optional<FlashColumn> map(ColumnInfo column) {
    String bare = EngineType.bare(column.engineType());
    boolean nullable = EngineType.isNullable(column.engineType());
    Mapped mapped = mapBare(bare, column.mysqlType());
    if (mapped == null) {
      return Optional.empty();
    }
    return Optional.of(
        new FlashColumn(
            column.name(), mapped.type(), nullable, mapped.kind(), bare, column.mysqlType()));
  }

  /** Null for types that have no place in Spark. */
  private static Mapped mapBare(String engineType, String mysqlType) {
    return switch (engineType) {
      case "Int8" -> new Mapped(DataTypes.ByteType, ColumnKind.INTEGER);
      case "Int16", "UInt8" -> new Mapped(DataTypes.ShortType, ColumnKind.INTEGER);
      case "Int32", "UInt16" -> new Mapped(DataTypes.IntegerType, ColumnKind.INTEGER);
      case "Int64", "UInt32" -> new Mapped(DataTypes.LongType, ColumnKind.INTEGER);
      case "UInt64" -> new Mapped(new DecimalType(20, 0), ColumnKind.INTEGER);
      case "Float32" -> new Mapped(DataTypes.FloatType, ColumnKind.FLOAT);
      case "Float64" -> new Mapped(DataTypes.DoubleType, ColumnKind.FLOAT);
      case "Bool" -> new Mapped(DataTypes.BooleanType, ColumnKind.BOOLEAN);
      case "Date", "Date32" -> new Mapped(DataTypes.DateType, ColumnKind.DATE);
      case "UUID", "IPv4", "IPv6", "Int128", "UInt128", "Int256", "UInt256", "JSON" ->
          new Mapped(DataTypes.StringType, ColumnKind.OPAQUE);
      case "String" ->
          isBytes(mysqlType)
              ? new Mapped(DataTypes.BinaryType, ColumnKind.BYTES)
              : new Mapped(DataTypes.StringType, ColumnKind.TEXT);
      default -> mapParameterized(engineType, mysqlType);
    };
  }

  private static Mapped mapParameterized(String engineType, String mysqlType) {
    Matcher decimal = DECIMAL.matcher(engineType);
    if (decimal.matches()) {
      int precision = Integer.parseInt(decimal.group(1));
      return precision > DECIMAL_PRECISION_MAX
          ? new Mapped(DataTypes.StringType, ColumnKind.OPAQUE)
          : new Mapped(
              new DecimalType(precision, Integer.parseInt(decimal.group(2))), ColumnKind.DECIMAL);
    }
    Matcher dateTime = DATE_TIME_64.matcher(engineType);
    if (dateTime.matches() && dateTime.group(1).charAt(0) <= '6') {
      // Tables that an older writer made have another zone, and the MySQL type.
      boolean wallClock =
          WALL_CLOCK_ZONE.equals(dateTime.group(2)) || "datetime".equals(firstWord(mysqlType));
      return new Mapped(
          wallClock ? DataTypes.TimestampNTZType : DataTypes.TimestampType, ColumnKind.TIMESTAMP);
    }
    if (engineType.startsWith("DateTime(") || engineType.equals("DateTime")) {
      return new Mapped(DataTypes.TimestampType, ColumnKind.TIMESTAMP);
    }
    if (engineType.startsWith("Time64(") && "time".equals(firstWord(mysqlType))) {
      return new Mapped(DataTypes.LongType, ColumnKind.TIME);
    }
    if (engineType.startsWith("FixedString(")) {
      return new Mapped(DataTypes.BinaryType, ColumnKind.OPAQUE);
    }
    if (EngineType.is(engineType, "Enum8") || EngineType.is(engineType, "Enum16")) {
      return new Mapped(DataTypes.StringType, ColumnKind.OPAQUE);
    }
    return mapNested(engineType);
  }

  private static Mapped mapNested(String engineType) {
    boolean tuple = EngineType.is(engineType, "Tuple");
    if (!tuple && !EngineType.is(engineType, "Array") && !EngineType.is(engineType, "Map")) {
      return null;
    }
    List<FlashColumn> elements = new ArrayList<>();
    List<String> types =
        tuple ? EngineType.tupleTypes(engineType) : EngineType.arguments(engineType);
    for (String each : types) {
      String name = tuple ? EngineType.tupleNames(engineType).get(elements.size()) : "element";
      Optional<FlashColumn> element = map(new ColumnInfo(name, each, null));
      if (element.isEmpty()) {
        return null;
      }
      elements.add(element.get());
    }
    FlashColumn first = elements.get(0);
    DataType type;
    if (tuple) {
      type = new StructType(elements.stream().map(FlashColumn::field).toArray(StructField[]::new));
    } else if (elements.size() == 1) {
      type = DataTypes.createArrayType(first.type(), first.nullable());
    } else {
      FlashColumn value = elements.get(1);
      type = DataTypes.createMapType(first.type(), value.type(), value.nullable());
    }
    return new Mapped(type, ColumnKind.OPAQUE);
  }

  private static boolean isBytes(String mysqlType) {
    String word = firstWord(mysqlType);
    return word != null && BYTE_TYPES.contains(word);
  }

  private static String firstWord(String mysqlType) {
    if (mysqlType == null) {
      return null;
    }
    Matcher word = FIRST_WORD.matcher(mysqlType);
    return word.find() ? word.group(1).toLowerCase(Locale.ROOT) : null;
  }
}
