package com.theflash.spark;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A table with a column of each type of docs/spark.md, whose rows hold the edges of them all. */
final class ValueTable {
  static final int ROWS = 96;

  /**
   * A line is name; engine type; comment, the MySQL type; Spark type; values. A value that the
   * engine writes otherwise than Spark is two, with an arrow between them.
   */
  private static final String MYSQL =
      """
      i8; Nullable(Int8); tinyint; TINYINT; -128 | -1 | 0 | NULL | 5 | 127
      u8; Nullable(UInt8); tinyint unsigned; SMALLINT; 0 | 5 | 128 | NULL | 255
      i16; Nullable(Int16); smallint; SMALLINT; -32768 | -1 | 0 | 5 | NULL | 32767
      u16; Nullable(UInt16); smallint unsigned; INT; 0 | 5 | NULL | 65535
      y; Nullable(UInt16); year; INT; 0 | 1901 | 2024 | NULL | 2155
      i24; Nullable(Int32); mediumint; INT; -8388608 | 5 | NULL | 8388607
      i32; Nullable(Int32); int; INT; -2147483648 | -1 | NULL | 0 | 5 | 128 | 2147483647
      n32; Int32; int; INT; -2147483648 | 0 | 5 | 2147483647
      u32; Nullable(UInt32); int unsigned; BIGINT; 0 | 5 | NULL | 4294967295
      i64; Nullable(Int64); bigint; BIGINT; -9223372036854775808 | -1 | 0 | 5 | 9007199254740993 | NULL | 9223372036854775807
      u64; Nullable(UInt64); bigint unsigned; DECIMAL(20, 0); 0 | 5 | 9223372036854775808 | NULL | 18446744073709551615
      bits; Nullable(UInt64); bit(64); DECIMAL(20, 0); 0 | 1 | NULL | 18446744073709551615
      dec; Nullable(Decimal(10, 2)); decimal(10,2); DECIMAL(10, 2); -99999999.99 | -0.01 | 0 | 5.00 | 1.50 | NULL | 99999999.99
      wide; Nullable(Decimal(38, 0)); decimal(38,0); DECIMAL(38, 0); -99999999999999999999999999999999999999BD | -1 | 0 | 5 | NULL | 99999999999999999999999999999999999999BD
      fine; Nullable(Decimal(38, 30)); decimal(38,30); DECIMAL(38, 30); -99999999.999999999999999999999999999999BD | 0 | 0.000000000000000000000000000001BD | 5 | NULL
      huge; Nullable(Decimal(65, 30)); decimal(65,30); STRING; '-99999999999999999999999999999999999.999999999999999999999999999999' | '5' => '5.000000000000000000000000000000' | NULL
      f32; Nullable(Float32); float; FLOAT; 0.1 => '0.1' | nan => 'NaN' | inf => 'Infinity' | -inf => '-Infinity' | -0.0 => '-0.0' | 0 => 0 | NULL | 3.4028235e38 => '3.4028235E38' | 1e-45 => '1.4E-45' | 5 | 16777216
      f64; Nullable(Float64); double; DOUBLE; 0.1 => '0.1' | nan => 'NaN' | inf => 'Infinity' | -inf => '-Infinity' | -0.0 => '-0.0' | 0 => 0 | NULL | 1.7976931348623157e308 => '1.7976931348623157E308' | 5e-324 => '4.9E-324' | 5 | 9007199254740992 | -2.5
      s; Nullable(String); varchar(40); STRING; 'a' | '' | 'A' | 'a ' | ' a' | 'it\\'s' | NULL | '50%' | 'a_b' | 'a\\\\b' | 'axb' | '茶' | 'ä' | '🍵' | '5' | ' 5 ' | '-1.5' | 'true' | '2024-02-29' | '2024-03-10 02:30:00' | 'NaN' | 'ab\\nc'
      ns; String; text; STRING; 'a' | '' | 'b' | 'a  ' | '茶' | '5'
      e; LowCardinality(Nullable(String)); enum('red','it''s',''); STRING; 'red' | 'it\\'s' | NULL | ''
      se; Nullable(String); set('a','b'); STRING; '' | 'a' | 'b' | 'a,b' | NULL
      js; Nullable(String); json; STRING; '{"a": 1}' | '[]' | 'null' | '"a"' | NULL
      uu; Nullable(String); uuid; STRING; '00000000-0000-0000-0000-000000000000' | 'ffffffff-ffff-ffff-ffff-ffffffffffff' | NULL
      b; Nullable(String); varbinary(9); BINARY; unhex('00FF') => X'00FF' | '' => X'' | 'a' => X'61' | unhex('FF') => X'FF' | NULL | 'a ' => X'6120' | unhex('6100') => X'6100'
      blob; Nullable(String); blob; BINARY; unhex('80') => X'80' | '' => X'' | 'a' => X'61' | NULL
      geo; Nullable(String); point; BINARY; unhex('000000000101000000000000000000F03F000000000000F03F') => X'000000000101000000000000000000F03F000000000000F03F' | NULL
      d; Nullable(Date32); date; DATE; '0000-01-01' | '0001-01-01' | '1582-10-04' | '1582-10-10' | '1582-10-15' | '1900-01-01' | '1969-12-31' | '1970-01-01' | NULL | '2024-02-29' | '2024-03-10' | '9999-12-31'
      w; Nullable(DateTime64(6, 'Etc/UCT')); datetime(6); TIMESTAMP_NTZ; '0000-01-01 00:00:00' | '1582-10-10 12:00:00' | '1900-01-01 00:00:00' | '1969-12-31 23:59:59.999999' | '1970-01-01 00:00:00' | NULL | '2024-03-10 02:30:00' | '2024-11-03 01:30:00.000001' | '9999-12-31 23:59:59.999999' | '2024-02-29 00:00:00'
      w0; Nullable(DateTime64(0, 'Etc/UCT')); datetime; TIMESTAMP_NTZ; '0000-01-01 00:00:00' | '1969-12-31 23:59:59' | NULL | '2024-03-10 02:30:00' | '9999-12-31 23:59:59'
      ts; Nullable(DateTime64(6, 'UTC')); timestamp(6); TIMESTAMP; '0000-01-01 00:00:00' | '1500-06-01 00:00:00' | '1582-10-10 12:00:00' | '1883-11-18 17:00:00' | '1969-12-31 23:59:59.999999' | '1970-01-01 00:00:00' | NULL | '2024-03-10 06:59:59.999999' | '2024-03-10 07:00:00' | '2024-11-03 05:30:00' | '2024-11-03 06:30:00' | '2024-04-06 15:15:00' | '2024-02-29 00:00:00' | '9999-12-31 23:59:59.999999'
      ts0; Nullable(DateTime64(0, 'UTC')); timestamp; TIMESTAMP; '1970-01-01 00:00:01' | '2024-03-10 07:00:00' | NULL | '2038-01-19 03:14:07'
      ts3; Nullable(DateTime64(3, 'UTC')); timestamp(3); TIMESTAMP; '1969-12-31 23:59:59.999' | '2024-11-03 05:30:00.123' | NULL | '2024-11-03 06:30:00'
      t; Nullable(Time64(6)); time(6); BIGINT; '-838:59:59.999999' => -3020399999999 | '-00:00:00.000001' => -1 | '00:00:00' => 0 | '00:00:00.000005' => 5 | NULL | '838:59:59.999999' => 3020399999999
      t0; Nullable(Time64(0)); time; BIGINT; '-838:59:59' => -3020399000000 | '00:00:00' => 0 | NULL | '23:59:59' => 86399000000
      vec; Array(Float32); vector(2); ARRAY<FLOAT>; [1.5, -2] => array(1.5, -2) | [] => array() | [nan, 0] => array(float('NaN'), 0)
      """;

  /** Types that tables have which SQL made. */
  private static final String ENGINE =
      """
      flag; Nullable(Bool); ; BOOLEAN; true | false | NULL
      day; Nullable(Date); ; DATE; '1970-01-01' | '2024-02-29' | '2149-06-06' | NULL
      sec; Nullable(DateTime('UTC')); ; TIMESTAMP; '1970-01-01 00:00:00' | '2024-03-10 07:00:00' | '2106-02-07 06:28:15' | NULL
      fx; Nullable(FixedString(4)); ; BINARY; 'abcd' => X'61626364' | unhex('61000000') => X'61000000' | NULL
      en; Nullable(Enum8('b' = 1, 'a' = 2, '' = 3)); ; STRING; 'b' | 'a' | '' | NULL
      id16; Nullable(UUID); ; STRING; '00000000-0000-0000-0000-000000000000' | 'ffffffff-ffff-ffff-ffff-fffffffffffe' | NULL
      ip4; Nullable(IPv4); ; STRING; '0.0.0.0' | '9.0.0.1' | '10.0.0.1' | NULL
      ip6; Nullable(IPv6); ; STRING; '::1' | '2001:db8::ff' | NULL
      i128; Nullable(Int128); ; STRING; '-170141183460469231731687303715884105728' | '5' | '10' | NULL
      u256; Nullable(UInt256); ; STRING; '115792089237316195423570985008687907853269984665640564039457584007913129639935' | '5' | NULL
      arr; Array(Nullable(Int32)); ; ARRAY<INT>; [] => array() | [1, NULL] => array(1, NULL) | [-2147483648, 5] => array(-2147483648, 5)
      map; Map(String, Nullable(Int32)); ; MAP<STRING, INT>; map() => map() | map('a', 1, 'b', NULL) => map('a', 1, 'b', NULL) | map('', 5) => map('', 5)
      tup; Tuple(a Nullable(Int32), b Nullable(String)); ; STRUCT<a: INT, b: STRING>; tuple(1, 'a') => named_struct('a', 1, 'b', 'a') | tuple(NULL, NULL) => named_struct('a', CAST(NULL AS INT), 'b', CAST(NULL AS STRING)) | tuple(5, '') => named_struct('a', 5, 'b', '')
      """;

  /** A value in the engine's SQL and in Spark's. */
  record Value(String engine, String spark) {}

  /** A column; {@code values} are those that its rows take. */
  record Column(
      String name, String engineType, String mysqlType, String sparkType, List<Value> values) {
    /** The values that are not NULL, of the column's own type in Spark's SQL. */
    List<String> literals() {
      return values.stream()
          .map(Value::spark)
          .filter(each -> !each.equals("NULL"))
          .map(this::literal)
          .toList();
    }

    String literal(String spark) {
      return sparkType.equals("TIMESTAMP") && !spark.equals("NULL")
          ? "TIMESTAMP" + spark.substring(0, spark.length() - 1) + " UTC'"
          : "CAST(" + spark + " AS " + sparkType + ")";
    }

    /** Whether conditions on it are the server's work. */
    boolean isPushed() {
      return !(sparkType.contains("<")
          || engineType.contains("FixedString")
          || (sparkType.equals("STRING") && !engineType.contains("String")));
    }

    /** Whether it is a MySQL TIME, a number of microseconds in Spark. */
    boolean isTime() {
      return engineType.contains("Time64(") && !engineType.contains("DateTime64(");
    }

    private int placeOf(int row, int position) {
      long mixed = (row + 1L) * 0x9E3779B97F4A7C15L * (2L * position + 1);
      return (int) Long.remainderUnsigned(mixed >>> 17, values.size());
    }
  }

  private static final Pattern DATE_TIME_64 = Pattern.compile("DateTime64\\((\\d), '[^']*'\\)");

  private ValueTable() {}

  /** All columns but {@code id}, the key, which counts the rows from 0. */
  static List<Column> columns() {
    return (MYSQL + ENGINE).lines().map(ValueTable::parse).toList();
  }

  private static Column parse(String line) {
    String[] parts = line.split("; ?", 5);
    List<Value> values =
        Arrays.stream(parts[4].split(" \\| "))
            .map(each -> each.split(" => "))
            .map(each -> new Value(inEngine(each[0], parts[1]), each[each.length - 1]))
            .toList();
    return new Column(parts[0], parts[1], parts[2], parts[3], values);
  }

  /**
   * The engine's numbers have no suffix. Its text form of dates is not that of the years before
   * 1900 and after 2299, so that dates go in as their days or ticks.
   */
  private static String inEngine(String value, String engineType) {
    Matcher ticks = DATE_TIME_64.matcher(engineType);
    if (value.equals("NULL")) {
      return value;
    } else if (engineType.contains("Date32")) {
      LocalDate date = LocalDate.parse(value.replace("'", ""));
      int days = Integer.reverseBytes((int) date.toEpochDay());
      return "(SELECT d FROM format('RowBinary', 'd Date32', unhex('%08X')))".formatted(days);
    } else if (ticks.find()) {
      LocalDateTime time = LocalDateTime.parse(value.replace("'", "").replace(' ', 'T'));
      long divisor = (long) Math.pow(10, 6 - Integer.parseInt(ticks.group(1)));
      long micros = ChronoUnit.MICROS.between(LocalDateTime.of(1970, 1, 1, 0, 0), time);
      return "reinterpret(toInt64(%d), '%s')"
          .formatted(Math.floorDiv(micros, divisor), ticks.group().replace("'", "\\'"));
    }
    return value.endsWith("BD") ? "'" + value.substring(0, value.length() - 2) + "'" : value;
  }

  /** Statements that make the table and fill it; each row has an older version, too. */
  static List<String> statements(String table) {
    String definitions =
        columns().stream()
            .map(
                each ->
                    "%s %s%s"
                        .formatted(
                            each.name(),
                            each.engineType(),
                            each.mysqlType().isEmpty()
                                ? ""
                                : " COMMENT '" + each.mysqlType().replace("'", "\\'") + "'"))
            .collect(Collectors.joining(", "));
    return List.of(
        "CREATE TABLE %s (id Int64, %s) ENGINE = MutableMergeTree ORDER BY (id)"
            .formatted(table, definitions),
        "INSERT INTO %s (id) SELECT number FROM numbers(%d)".formatted(table, ROWS),
        "UPSERT INTO %s SELECT %s FROM (SELECT number AS id FROM numbers(%d))"
            .formatted(table, String.join(", ", cells(ValueTable::engineCell)), ROWS));
  }

  private static String engineCell(Column column, String rows) {
    String values =
        column.values().stream()
            .map(
                each ->
                    "CAST(%s, '%s')"
                        .formatted(each.engine(), column.engineType().replace("'", "\\'")))
            .collect(Collectors.joining(", "));
    return "arrayElement([%s], arrayElement([%s], id + 1)) AS %s"
        .formatted(values, rows, column.name());
  }

  /** The rows as Spark alone makes them, of its own literals. */
  static Dataset<Row> expected(SparkSession spark) {
    return spark.range(ROWS).selectExpr(cells(ValueTable::sparkCell).toArray(String[]::new));
  }

  private static String sparkCell(Column column, String rows) {
    String values =
        column.values().stream()
            .map(each -> column.literal(each.spark()))
            .collect(Collectors.joining(", "));
    return "element_at(array(%s), element_at(array(%s), CAST(id AS INT) + 1)) AS %s"
        .formatted(values, rows, column.name());
  }

  /** For each column what its rows hold, by the places of their values from 1. */
  private static List<String> cells(BiFunction<Column, String, String> cell) {
    List<String> cells = new ArrayList<>(List.of("id"));
    List<Column> columns = columns();
    for (int position = 0; position < columns.size(); position += 1) {
      Column column = columns.get(position);
      int at = position;
      String rows =
          IntStream.range(0, ROWS)
              .mapToObj(row -> Integer.toString(column.placeOf(row, at) + 1))
              .collect(Collectors.joining(", "));
      cells.add(cell.apply(column, rows));
    }
    return cells;
  }
}
