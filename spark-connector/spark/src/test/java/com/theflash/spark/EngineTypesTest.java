package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Types that MySQL has not, which SQL of the engine makes: what it gives as text, Spark gives. */
class EngineTypesTest {
  /** Type, and two values in the engine's SQL. */
  private static final String[][] TEXTS = {
    {
      "UUID", "'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-fffffffffffe'",
    },
    {"Enum8('a' = -128, 'it\\'s, (b)' = 127)", "'a'", "'it\\'s, (b)'"},
    {"Enum16('x\\\\y' = -32768, '茶' = 32767)", "'x\\\\y'", "'茶'"},
    {"IPv4", "'0.0.0.0'", "'255.128.1.254'"},
    {"IPv6", "'::ffff:1.2.3.4'", "'2001:db8::1:0:0:ff'"},
    {
      "Int128",
      "'-170141183460469231731687303715884105728'",
      "'170141183460469231731687303715884105727'"
    },
    {"UInt128", "'0'", "'340282366920938463463374607431768211455'"},
    {
      "Int256",
      "'-57896044618658097711785492504343953926634992332820282019728792003956564819968'",
      "'-1'"
    },
    {
      "UInt256",
      "'7'",
      "'115792089237316195423570985008687907853269984665640564039457584007913129639935'"
    },
  };

  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    server.execute("CREATE DATABASE shop");
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.types", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.types.endpoints", server.endpoint().toString());
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @AfterEach
  void nothingLeaks() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
  }

  @Test
  void typesThatAreTextsComeAndGoAsTheEngineWritesThem() {
    StringBuilder columns = new StringBuilder("id Int32, m Int32");
    StringBuilder rows = new StringBuilder("(1, 0");
    StringBuilder second = new StringBuilder("), (2, 0");
    StringBuilder texts = new StringBuilder("concat('[', id::String");
    for (int index = 0; index < TEXTS.length; index += 1) {
      String[] each = TEXTS[index];
      columns.append(
          ", v%1$d %2$s, n%1$d Nullable(%2$s), a%1$d Array(%2$s)".formatted(index, each[0]));
      rows.append(", %s, %s, [%s]".formatted(each[1], each[2], each[1]));
      second.append(", %s, NULL, [%s, %s]".formatted(each[2], each[2], each[1]));
      texts.append(
          ", ',', v%1$d::String, ',', ifNull(toString(n%1$d), 'null'), ',', arrayStringConcat(arrayMap(x -> x::String, a%1$d), ';')"
              .formatted(index));
    }
    server.execute("CREATE TABLE shop.t (" + columns + ") ENGINE = MutableMergeTree ORDER BY (id)");
    server.execute("INSERT INTO shop.t VALUES " + rows + second + ")");
    String query = "SELECT " + texts + ", ']') FROM shop.t ORDER BY id";
    List<String> expected = SparkTestSession.query(server, query);
    assertEquals(2, expected.size());
    assertEquals(expected, rows());
    sql("UPDATE types.shop.t SET m = 1");
    assertEquals(expected, SparkTestSession.query(server, query));
    assertEquals(2, sql("SELECT * FROM types.shop.t WHERE m = 1 AND v3 IS NOT NULL").count());
    assertEquals(
        1, sql("SELECT * FROM types.shop.t WHERE v3 = '0.0.0.0' AND n1 LIKE 'it%'").count());
  }

  @Test
  void aKeyOfSuchATypeSplitsUpdatesAndDeletes() {
    for (String type : List.of("UUID", "IPv6", "Enum16('0' = 0, '1' = 1)")) {
      server.execute("DROP TABLE IF EXISTS shop.k");
      server.execute(
          "CREATE TABLE shop.k (k " + type + ", v Int32) ENGINE = MutableMergeTree ORDER BY (k)");
      String value =
          switch (type) {
            case "UUID" ->
                "toUUID(concat('00000000-0000-0000-0000-00000000', leftPad(number::String, 4, '0')))";
            case "IPv6" -> "toIPv6(concat('::', hex(number)))";
            default -> "toString(number % 2)";
          };
      server.execute("INSERT INTO shop.k SELECT " + value + ", number FROM numbers(1000)");
      Dataset<Row> rows = SparkTestSession.reader(server).option("minPartitions", 3).load("shop.k");
      long count =
          Long.parseLong(
              SparkTestSession.query(server, "SELECT count()::String FROM shop.k").get(0));
      assertEquals(count, rows.select("k").distinct().collectAsList().size(), type);
      sql("DELETE FROM types.shop.k WHERE v % 2 = 0");
      sql("UPDATE types.shop.k SET v = -1");
      assertEquals(
          List.of(type.startsWith("Enum") ? "1 -1" : "500 -1"),
          SparkTestSession.query(
              server, "SELECT concat(count()::String, ' ', any(v)::String) FROM shop.k"));
    }
  }

  @Test
  void mapsTuplesAndJsonAreRead() {
    server.execute(
        "CREATE TABLE shop.nested (id Int32, m Map(String, Nullable(Int32)), t Tuple(a UUID, `b c` Array(IPv4)), u"
            + " Tuple(UInt8, String), n Nested(x Int8, y Enum8('p' = 1)), j JSON, l Array(Map(UInt64, Date32)))"
            + " ENGINE = MutableMergeTree ORDER BY (id) SETTINGS flatten_nested = 0");
    server.execute(
        "INSERT INTO shop.nested VALUES (1, map('a', 1, 'b', NULL), ('00112233-4455-6677-8899-aabbccddeeff', ['1.2.3.4']),"
            + " (255, 'x'), [(1, 'p'), (2, 'p')], '{\"k\": [1, \"v\"]}', [map(18446744073709551615, '2024-02-29'), map()]),"
            + " (2, map(), ('00000000-0000-0000-0000-000000000000', []), (0, ''), [], '{}', [])");
    assertEquals(
        List.of(
            "[1,{\"a\":1},{\"a\":\"00112233-4455-6677-8899-aabbccddeeff\",\"b c\":[\"1.2.3.4\"]},255,x,"
                + "[{\"x\":1,\"y\":\"p\"},{\"x\":2,\"y\":\"p\"}],{\"k\":[1,\"v\"]},2,2024-02-29]",
            "[2,{},{\"a\":\"00000000-0000-0000-0000-000000000000\",\"b c\":[]},0,,[],{},0,null]"),
        SparkTestSession.sorted(
            SparkTestSession.load(server, "shop.nested")
                .selectExpr(
                    "id",
                    "to_json(map_filter(m, (k, v) -> v IS NOT NULL))",
                    "to_json(t)",
                    "u.`1`",
                    "u.`2`",
                    "to_json(n)",
                    "j",
                    "size(l)",
                    "CAST(get(l, 0)[18446744073709551615BD] AS STRING)")));
    assertThrows(Exception.class, () -> sql("UPDATE types.shop.nested SET id = id + 1"));
    server.execute("DROP TABLE shop.nested");
  }

  @Test
  void aColumnWithoutATypeFailsOnlyWhenItIsRead() {
    server.execute(
        "CREATE TABLE shop.odd (id Int32, s AggregateFunction(max, Int32), b BFloat16, d Dynamic, v Variant(Int8,"
            + " String), n DateTime64(9, 'UTC'), w Time) ENGINE = MergeTree ORDER BY id");
    server.execute("INSERT INTO shop.odd (id) VALUES (1), (2)");
    Dataset<Row> rows = SparkTestSession.load(server, "shop.odd");
    assertEquals(7, rows.schema().size());
    assertEquals(2, rows.count());
    assertEquals(List.of("[1]", "[2]"), SparkTestSession.sorted(rows.select("id")));
    assertEquals(1, rows.where("id > 1").count());
    for (String column : List.of("s", "b", "d", "v", "n", "w")) {
      Exception error =
          assertThrows(Exception.class, () -> rows.select("id", column).collectAsList());
      assertTrue(error.toString().contains("no type for " + column + " "), error.toString());
      assertThrows(Exception.class, () -> rows.where(column + " = 'x'").count());
    }
    Exception strict =
        assertThrows(
            Exception.class,
            () ->
                SparkTestSession.reader(server)
                    .option("unsupportedColumns", "error")
                    .load("shop.odd"));
    assertTrue(strict.toString().contains("Variant"), strict.toString());
    assertEquals(
        1,
        SparkTestSession.reader(server)
            .option("unsupportedColumns", "skip")
            .load("shop.odd")
            .schema()
            .size());
  }

  private static List<String> rows() {
    StringBuilder texts = new StringBuilder("concat('[', id");
    for (int index = 0; index < TEXTS.length; index += 1) {
      texts.append(
          ", ',', v%1$d, ',', coalesce(n%1$d, 'null'), ',', array_join(a%1$d, ';')"
              .formatted(index));
    }
    return sql("SELECT " + texts + ", ']') FROM types.shop.t ORDER BY id").collectAsList().stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
