package com.theflash.spark;

import java.util.Arrays;
import java.util.List;

/**
 * The ends of an engine type.
 *
 * @param least the first value that it holds, in Spark's SQL; {@code greatest} the last one
 * @param beyond what lies one step outside of it
 */
public record TypeEnds(String type, String least, String greatest, List<String> beyond) {
  private static final String[][] TYPES = {
    {"Int8", "-128", "127"},
    {"UInt8", "0", "255", "-1", "256"},
    {"Int16", "-32768", "32767"},
    {"UInt16", "0", "65535", "-1", "65536"},
    {"Int32", "-2147483648", "2147483647"},
    {"UInt32", "0", "4294967295", "-1", "4294967296"},
    {"Int64", "-9223372036854775808", "9223372036854775807"},
    {"UInt64", "0", "18446744073709551615", "-1", "18446744073709551616"},
    {"Decimal(5, 2)", "-999.99", "999.99"},
    {
      "Decimal(38, 1)",
      "-9999999999999999999999999999999999999.9BD",
      "9999999999999999999999999999999999999.9BD"
    },
    {
      "Decimal(40, 1)",
      "'-999999999999999999999999999999999999999.9'",
      "'999999999999999999999999999999999999999.9'",
      "'1000000000000000000000000000000000000000.0'",
      "'0.05'"
    },
    {"Date", "DATE'1970-01-01'", "DATE'2149-06-06'", "DATE'1969-12-31'", "DATE'2149-06-07'"},
    {
      "Date32",
      "DATE'0000-01-01'",
      "DATE'9999-12-31'",
      "date_sub(DATE'0000-01-01', 1)",
      "date_add(DATE'9999-12-31', 1)"
    },
    {
      "DateTime",
      "TIMESTAMP'1970-01-01 00:00:00'",
      "TIMESTAMP'2106-02-07 06:28:15'",
      "TIMESTAMP'1969-12-31 23:59:59.999999'",
      "TIMESTAMP'2106-02-07 06:28:16'"
    },
    {
      "DateTime64(3, 'UTC')",
      "TIMESTAMP'0000-01-01 00:00:00'",
      "TIMESTAMP'9999-12-31 23:59:59.999'",
      "timestamp_micros(-62167219200000001)",
      "timestamp_micros(253402300800000000)"
    },
    {
      "DateTime64(6, 'Etc/UCT')",
      "TIMESTAMP_NTZ'0000-01-01 00:00:00'",
      "TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'",
      "CAST(timestamp_micros(253402300800000000) AS TIMESTAMP_NTZ)"
    },
    {"FixedString(4)", "X'00000000'", "X'FFFFFFFF'", "X'FFFFFF'", "X'FFFFFFFFFF'"},
    {
      "UUID",
      "'00000000-0000-0000-0000-000000000000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
      "'ffffffff-ffff-ffff-ffff-fffffffffffg'",
      "'1234'"
    },
    {"Enum8('a' = 1, 'it\\'s' = 2)", "'a'", "'it\\'s'", "'A'", "''", "'1'"},
    {"IPv4", "'0.0.0.0'", "'255.255.255.255'", "'0.0.0.256'", "'1.2.3'"},
    {"IPv6", "'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'1.2.3.4'", "'1::2::3'"},
    {
      "Int128",
      "'-170141183460469231731687303715884105728'",
      "'170141183460469231731687303715884105727'",
      "'-170141183460469231731687303715884105729'",
      "'170141183460469231731687303715884105728'"
    },
    {
      "UInt256",
      "'0'",
      "'115792089237316195423570985008687907853269984665640564039457584007913129639935'",
      "'-1'",
      "'115792089237316195423570985008687907853269984665640564039457584007913129639936'"
    },
    {"Bool", "false", "true"},
    {"Float32", "float('-Infinity')", "float('NaN')"},
    {"Float64", "-1.7976931348623157E308D", "4.9E-324D"},
    {"String", "''", "'茶'"},
  };

  /** Those of all types that can be written. */
  public static List<TypeEnds> all() {
    return Arrays.stream(TYPES)
        .map(
            each ->
                new TypeEnds(
                    each[0],
                    typed(each[0], each[1]),
                    typed(each[0], each[2]),
                    Arrays.stream(each).skip(3).map(value -> typed(each[0], value)).toList()))
        .toList();
  }

  /** A value of the Spark type that the engine's is. */
  private static String typed(String engineType, String value) {
    String type =
        switch (engineType) {
          case "Int8" -> "TINYINT";
          case "Int16", "UInt8" -> "SMALLINT";
          case "Int32", "UInt16" -> "INT";
          case "Int64", "UInt32" -> "BIGINT";
          case "UInt64" -> "DECIMAL(20, 0)";
          case "Float32" -> "FLOAT";
          default -> engineType.startsWith("Decimal(5") ? "DECIMAL(5, 2)" : null;
        };
    return type == null ? value : "CAST(" + value + " AS " + type + ")";
  }
}
