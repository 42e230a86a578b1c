package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Binary logs of real servers, replayed by {@code theflash write}, against what those servers' own
 * SELECT gave: every MySQL type with its edges and NULL.
 */
class TypesTest {
  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @ParameterizedTest
  @ValueSource(strings = {"types-mysql-9.7", "types-mariadb"})
  @Tag("smoke")
  void everyValueIsTheServers(String name) throws IOException {
    Path folder = ServeProcess.root().resolve("test/fixtures/binlog").resolve(name);
    JsonNode tables = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
    int cells = 0;
    try (ServeProcess server = ServeProcess.startWithLogs(folder.resolve("log.binlog"))) {
      for (JsonNode table : tables) {
        JsonNode schema = table.path("schema");
        String title = schema.path("database").asText() + "." + schema.path("table").asText();
        Dataset<Row> rows = SparkTestSession.load(server, title).orderBy("id");
        cells += compare(title, schema.path("columns"), table.path("rows"), rows.collectAsList());
      }
    }
    assertTrue(cells > 300, cells + " cells were compared");
  }

  private static int compare(String title, JsonNode columns, JsonNode expected, List<Row> rows) {
    assertEquals(expected.size(), rows.size(), title);
    List<JsonNode> inOrder = new ArrayList<>();
    expected.forEach(inOrder::add);
    inOrder.sort((a, b) -> Long.compare(a.get(0).asLong(), b.get(0).asLong()));
    int cells = 0;
    for (int row = 0; row < rows.size(); row += 1) {
      for (int index = 0; index < columns.size(); index += 1) {
        JsonNode column = columns.get(index);
        String what =
            title + "." + column.path("name").asText() + " row " + inOrder.get(row).get(0);
        Object wanted = parse(column.path("type"), inOrder.get(row).get(index));
        assertEquals(wanted, simplify(rows.get(row).get(index)), what);
        cells += 1;
      }
    }
    return cells;
  }

  /** The server's text of a value, as what Spark should give for it. */
  private static Object parse(JsonNode type, JsonNode cell) {
    String kind = type.path("kind").asText();
    if (cell.isNull()) {
      return kind.equals("vector") ? List.of() : null;
    }
    String text = cell.asText();
    return switch (kind) {
      case "int" -> parseInteger(type, text);
      case "bit" -> new BigDecimal(text);
      case "year" -> Integer.valueOf(text);
      case "float" ->
          type.path("bits").asInt() == 32 ? (Object) Float.valueOf(text) : Double.valueOf(text);
      case "bytes", "geometry" -> text;
      case "vector" -> parseVector(text);
      default -> parseText(type, new String(HexFormat.of().parseHex(text), StandardCharsets.UTF_8));
    };
  }

  private static Object parseText(JsonNode type, String text) {
    return switch (type.path("kind").asText()) {
      case "decimal" -> type.path("precision").asInt() > 38 ? text : new BigDecimal(text);
      case "date" -> isImpossible(text) ? null : LocalDate.parse(text);
      case "datetime" -> isImpossible(text) ? null : LocalDateTime.parse(text.replace(' ', 'T'));
      case "timestamp" ->
          isImpossible(text)
              ? null
              : LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
      case "time" -> parseTime(text);
      default -> text;
    };
  }

  private static Object parseInteger(JsonNode type, String text) {
    boolean unsigned = type.path("unsigned").asBoolean();
    return switch (type.path("bits").asInt()) {
      case 8 -> unsigned ? (Object) Short.valueOf(text) : Byte.valueOf(text);
      case 16 -> unsigned ? (Object) Integer.valueOf(text) : Short.valueOf(text);
      case 64 -> unsigned ? (Object) new BigDecimal(text) : Long.valueOf(text);
      default -> unsigned ? (Object) Long.valueOf(text) : Integer.valueOf(text);
    };
  }

  private static boolean isImpossible(String text) {
    return text.contains("-00") || text.contains("02-30") || text.contains("02-31");
  }

  private static Long parseTime(String text) {
    boolean negative = text.startsWith("-");
    String[] parts = text.substring(negative ? 1 : 0).split(":");
    BigDecimal seconds =
        new BigDecimal(parts[0])
            .multiply(BigDecimal.valueOf(3600))
            .add(new BigDecimal(parts[1]).multiply(BigDecimal.valueOf(60)))
            .add(new BigDecimal(parts[2]));
    long micros = seconds.movePointRight(6).longValueExact();
    return negative ? -micros : micros;
  }

  private static List<Float> parseVector(String hex) {
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN);
    List<Float> values = new ArrayList<>();
    while (bytes.hasRemaining()) {
      values.add(bytes.getFloat());
    }
    return values;
  }

  private static Object simplify(Object value) {
    if (value instanceof byte[] bytes) {
      return HexFormat.of().withUpperCase().formatHex(bytes);
    }
    if (value instanceof scala.collection.Seq<?> list) {
      List<Object> values = new ArrayList<>();
      for (int index = 0; index < list.length(); index += 1) {
        values.add(list.apply(index));
      }
      return values;
    }
    return value;
  }
}
