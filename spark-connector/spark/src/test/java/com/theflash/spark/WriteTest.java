package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that write: all of their rows, or none. */
@Timeout(600)
class WriteTest {
  private static final String TABLE = "writes.shop.orders";
  private static ServeProcess server;

  @BeforeAll
  static void startServer() throws IOException {
    server = ServeProcess.start();
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.writes", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.writes.endpoints", server.endpoint().toString());
    server.execute("CREATE DATABASE shop");
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @BeforeEach
  void makeTable() {
    sql("DROP TABLE IF EXISTS " + TABLE);
    sql(
        "CREATE TABLE "
            + TABLE
            + " (id BIGINT NOT NULL, state STRING, total DECIMAL(12, 2))"
            + " TBLPROPERTIES ('primaryKey' = 'id')");
    sql("INSERT INTO " + TABLE + " VALUES (1, 'new', 1.50), (2, 'paid', NULL), (3, NULL, 3)");
  }

  /** Nothing is held by tasks, and no job leaves its staging table. */
  @AfterEach
  void nothingIsLeft() throws Exception {
    SparkTestSession.assertNothingLeaked();
    assertEquals(
        List.of("orders"),
        server.client().listTables("shop").stream()
            .map(each -> each.table())
            .filter(each -> each.startsWith("_") || each.equals("orders"))
            .toList());
  }

  @Test
  @Tag("smoke")
  void appendedRowsReplaceThoseOfTheirKeys() {
    sql("SELECT 3L AS id, 'sent' AS state, 3.25 AS total UNION ALL SELECT 4L, 'new', NULL")
        .write()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .mode("append")
        .save("shop.orders");
    assertRows("[1,new,1.50]", "[2,paid,null]", "[3,sent,3.25]", "[4,new,null]");
  }

  @Test
  void overwriteLeavesTheNewRowsAlone() {
    sql("SELECT 2L AS id, 'sent' AS state, 2.00 AS total")
        .write()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .mode("overwrite")
        .save("shop.orders");
    assertRows("[2,sent,2.00]");
    sql("INSERT OVERWRITE " + TABLE + " SELECT * FROM " + TABLE + " WHERE id < 0");
    assertRows();
  }

  @Test
  void anOverwriteOfSomeRowsIsRefusedAndDeletesNone() {
    Dataset<Row> rows = sql("SELECT 9L AS id, 'x' AS state, CAST(1 AS DECIMAL(12, 2)) AS total");
    assertThrows(Exception.class, () -> rows.writeTo(TABLE).overwrite(functions.col("id").gt(1)));
    assertRows("[1,new,1.50]", "[2,paid,null]", "[3,null,3.00]");
  }

  @Test
  void manyRowsOfManyTasksAllCome() {
    sql(
        "INSERT INTO "
            + TABLE
            + " SELECT id, concat('state ', id), CAST(id AS DECIMAL(12, 2))"
            + " FROM range(0, 300000, 1, 5)");
    assertEquals(
        "[300000,44999850000,44999850000.00,300000]",
        sql("SELECT count(*), sum(id), sum(total), count(DISTINCT state) FROM " + TABLE)
            .collectAsList()
            .get(0)
            .toString());
  }

  @Test
  void aJobThatFailsLeavesNothing() {
    MapPartitionsFunction<Long, Long> failing =
        ids -> {
          if (TaskContext.getPartitionId() == 1) {
            throw new IllegalStateException("this task fails");
          }
          return ids;
        };
    Dataset<Row> rows =
        SparkTestSession.get()
            .range(100, 200, 1, 2)
            .mapPartitions(failing, Encoders.LONG())
            .selectExpr("value AS id", "'x' AS state", "CAST(1 AS DECIMAL(12, 2)) AS total");
    Exception error = assertThrows(Exception.class, () -> rows.writeTo(TABLE).append());
    assertTrue(error.toString().contains("this task fails") || error.getCause() != null);
    assertRows("[1,new,1.50]", "[2,paid,null]", "[3,null,3.00]");
  }

  @Test
  void aValueThatDoesNotFitStopsTheWholeJob() {
    server.execute("DROP TABLE IF EXISTS shop.small");
    server.execute(
        "CREATE TABLE shop.small (id UInt8, big UInt64) ENGINE = MutableMergeTree ORDER BY (id)");
    sql("INSERT INTO writes.shop.small VALUES (255, 18446744073709551615)");
    assertThrows(
        Exception.class, () -> sql("INSERT INTO writes.shop.small VALUES (1, 1), (256, 0)"));
    assertThrows(Exception.class, () -> sql("INSERT INTO writes.shop.small VALUES (1, -1)"));
    assertEquals(
        List.of("[255,18446744073709551615]"),
        SparkTestSession.sorted(sql("SELECT * FROM writes.shop.small")));
    server.execute("DROP TABLE shop.small");
  }

  @Test
  @Tag("smoke")
  void rowsAreDeletedUpdatedAndMerged() {
    sql("DELETE FROM " + TABLE + " WHERE state = 'paid'");
    assertRows("[1,new,1.50]", "[3,null,3.00]");
    sql("UPDATE " + TABLE + " SET total = total + 1, state = 'sent' WHERE id = 3 OR state IS NULL");
    assertRows("[1,new,1.50]", "[3,sent,4.00]");
    // A key that changes is a delete of the old one.
    sql("UPDATE " + TABLE + " SET id = id + 10");
    assertRows("[11,new,1.50]", "[13,sent,4.00]");
    sql(
        "MERGE INTO "
            + TABLE
            + " t USING (SELECT 11L AS id, 'done' AS state UNION ALL"
            + " SELECT 20L, 'new') s ON t.id = s.id"
            + " WHEN MATCHED THEN UPDATE SET state = s.state"
            + " WHEN NOT MATCHED THEN INSERT (id, state, total) VALUES (s.id, s.state, 7)"
            + " WHEN NOT MATCHED BY SOURCE THEN DELETE");
    assertRows("[11,done,1.50]", "[20,new,7.00]");
    sql("TRUNCATE TABLE " + TABLE);
    assertRows();
  }

  @Test
  @Tag("smoke")
  void everyTypeComesBack() {
    sql("DROP TABLE IF EXISTS writes.shop.types");
    sql(
        "CREATE TABLE writes.shop.types (id INT NOT NULL, b BOOLEAN, y TINYINT, s SMALLINT, f FLOAT,"
            + " d DOUBLE, p DECIMAL(38, 10), day DATE, at TIMESTAMP, wall TIMESTAMP_NTZ, t STRING, raw BINARY,"
            + " list ARRAY<FLOAT>, texts ARRAY<STRING>) TBLPROPERTIES ('primaryKey' = 'id')");
    String values =
        "SELECT 1 AS id, true AS b, -128Y AS y, 32767S AS s, float('NaN') AS f, -0.0D AS d,"
            + " CAST('-1234567890123456789012345678.0123456789' AS DECIMAL(38, 10)) AS p,"
            + " DATE'1900-01-01' AS day, TIMESTAMP'2024-11-03 01:30:00.123456' AS at,"
            + " TIMESTAMP_NTZ'2024-03-10 02:30:00.123456' AS wall, '茶''' AS t,"
            + " X'00FF' AS raw, array(1.5F, -2F) AS list, array('a', NULL) AS texts"
            + " UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
            + " array(), array()";
    sql("INSERT INTO writes.shop.types " + values);
    assertEquals(
        SparkTestSession.sorted(sql(values).drop("raw")),
        SparkTestSession.sorted(sql("SELECT * FROM writes.shop.types").drop("raw")));
    assertEquals(1, sql("SELECT * FROM writes.shop.types WHERE raw = X'00FF'").count());
    sql("DROP TABLE writes.shop.types");
  }

  @Test
  @Tag("line")
  void aStreamWritesItsEpochs(@TempDir Path folder) throws Exception {
    SparkSession spark = SparkTestSession.get();
    Path input = Files.createDirectory(folder.resolve("in"));
    for (int epoch = 0; epoch < 2; epoch += 1) {
      // The second run goes on where the first one ended.
      Files.writeString(
          input.resolve(epoch + ".csv"), (10 + epoch) + ",s" + epoch + ",1.00\n1,again,2.00\n");
      StreamingQuery query =
          spark
              .readStream()
              .schema("id BIGINT, state STRING, total DECIMAL(12, 2)")
              .csv(input.toString())
              .writeStream()
              .option("checkpointLocation", folder.resolve("checkpoint").toString())
              .trigger(Trigger.AvailableNow())
              .toTable(TABLE);
      query.awaitTermination();
    }
    assertRows("[1,again,2.00]", "[10,s0,1.00]", "[11,s1,1.00]", "[2,paid,null]", "[3,null,3.00]");
  }

  @Test
  void whatCanNotBeWrittenSaysWhy() {
    server.execute("DROP TABLE IF EXISTS shop.nokey");
    server.execute("CREATE TABLE shop.nokey (v Int64) ENGINE = MergeTree ORDER BY tuple()");
    Exception error =
        assertThrows(Exception.class, () -> sql("INSERT INTO writes.shop.nokey VALUES (1)"));
    assertTrue(error.toString().contains("no primary key"), error.toString());
    server.execute("DROP TABLE shop.nokey");
    server.execute("CREATE TABLE shop.nokey (v Int64) ENGINE = MutableMergeTree ORDER BY tuple()");
    for (String statement :
        List.of(
            "INSERT INTO writes.shop.nokey VALUES (1)",
            "DELETE FROM writes.shop.nokey WHERE v = 1",
            "UPDATE writes.shop.nokey SET v = 2")) {
      Exception keyless = assertThrows(Exception.class, () -> sql(statement), statement);
      assertTrue(keyless.toString().contains("shop.nokey has no primary key"), keyless.toString());
    }
    server.execute("DROP TABLE shop.nokey");
    Exception shards =
        assertThrows(
            Exception.class,
            () ->
                sql("SELECT 1L AS id, 'x' AS state, 1.00 AS total")
                    .write()
                    .format("theflash")
                    .option("endpoints", server.endpoint() + "," + server.endpoint())
                    .mode("append")
                    .save("shop.orders"));
    assertTrue(shards.toString().contains("several servers"), shards.toString());
  }

  /**
   * Spark 4.2 would put NULL into them: a row replaces the one of its key, which would lose them.
   */
  @Test
  @Tag("line")
  void rowsThatLackColumnsAreRefused() throws Exception {
    String setting = "spark.sql.defaultColumn.useNullsForMissingDefaultValues";
    SparkSession spark = SparkTestSession.get();
    String before = spark.conf().get(setting);
    Dataset<Row> narrow = sql("SELECT 1L AS id, 'sent' AS state");
    Map<String, Executable> writes =
        Map.of(
            "a list", () -> sql("INSERT INTO " + TABLE + " (id, state) VALUES (1, 'sent')"),
            "a key", () -> sql("INSERT INTO " + TABLE + " (id) VALUES (1)"),
            "by name", () -> sql("INSERT INTO " + TABLE + " BY NAME SELECT 2L AS id, 's' AS state"),
            "overwrite", () -> sql("INSERT OVERWRITE " + TABLE + " (id) VALUES (1)"),
            "append", () -> narrow.writeTo(TABLE).append(),
            "overwrite by a DataFrame", () -> narrow.writeTo(TABLE).overwrite(functions.lit(true)),
            "insertInto", () -> narrow.write().insertInto(TABLE),
            "saveAsTable", () -> narrow.write().mode("append").saveAsTable(TABLE),
            "save", () -> save(narrow, "append"),
            "save over", () -> save(narrow, "overwrite"));
    try {
      for (String value : List.of("false", "true")) {
        spark.conf().set(setting, value);
        writes.forEach((name, write) -> assertThrows(Exception.class, write, name));
      }
    } finally {
      spark.conf().set(setting, before);
    }
    assertRows("[1,new,1.50]", "[2,paid,null]", "[3,null,3.00]");
    sql("INSERT INTO " + TABLE + " (total, id, state) VALUES (9, 2, NULL), (8, 3, DEFAULT)");
    sql("INSERT INTO " + TABLE + " BY NAME SELECT NULL AS total, 1L AS id, 'x' AS state");
    // Of the table's own types, so that Spark leaves the rows as they are.
    sql("SELECT 3L AS id, 'y' AS state, CAST(NULL AS DECIMAL(12, 2)) AS total")
        .writeTo(TABLE)
        .append();
    assertRows("[1,x,null]", "[2,null,9.00]", "[3,y,null]");
  }

  private static void save(Dataset<Row> rows, String mode) {
    rows.write()
        .format("theflash")
        .option("endpoints", server.endpoint().toString())
        .mode(mode)
        .save("shop.orders");
  }

  @Test
  void columnsThatSparkDoesNotSeeAreNeverEmptied() {
    server.execute("DROP TABLE IF EXISTS shop.hidden");
    server.execute(
        "CREATE TABLE shop.hidden (id Int64, v Int32, m Map(String, Int32), d AggregateFunction(max, Int32)) ENGINE ="
            + " MutableMergeTree ORDER BY (id)");
    server.execute(
        "INSERT INTO shop.hidden (id, v, m) VALUES (1, 1, map('a', 7)), (2, 2, map('b', 8))");
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.skips", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.skips.endpoints", server.endpoint().toString());
    spark.conf().set("spark.sql.catalog.skips.unsupportedColumns", "skip");
    for (String statement :
        List.of(
            "UPDATE skips.shop.hidden SET v = 5",
            "INSERT INTO skips.shop.hidden VALUES (1, 5, map('a', 1))",
            "INSERT OVERWRITE skips.shop.hidden VALUES (3, 5, map('a', 1))",
            "MERGE INTO skips.shop.hidden t USING (SELECT 1L AS id) s ON t.id = s.id WHEN MATCHED"
                + " THEN UPDATE SET v = 9")) {
      Exception error = assertThrows(Exception.class, () -> sql(statement), statement);
      assertTrue(error.toString().contains("d AggregateFunction"), error.toString());
    }
    sql("DELETE FROM skips.shop.hidden WHERE v = 2");
    assertEquals(
        List.of("1 1 {'a':7}"),
        SparkTestSession.query(
            server, "SELECT concat(id::String, ' ', v::String, ' ', m::String) FROM shop.hidden"));
    server.execute("DROP TABLE shop.hidden");
  }

  /** The column comes while the job's only task runs. */
  @Test
  @Tag("line")
  void aColumnThatComesMeanwhileIsNotEmptied() {
    MapPartitionsFunction<Long, Long> adding =
        ids -> {
          server.execute(
              "ALTER TABLE shop.orders ADD COLUMN late Nullable(String);"
                  + " UPSERT INTO shop.orders VALUES (1, 'new', 1.5, 'kept')");
          return ids;
        };
    Dataset<Row> rows =
        SparkTestSession.get()
            .range(1, 2, 1, 1)
            .mapPartitions(adding, Encoders.LONG())
            .selectExpr("value AS id", "'x' AS state", "CAST(1 AS DECIMAL(12, 2)) AS total");
    Exception error = assertThrows(Exception.class, () -> rows.writeTo(TABLE).append());
    assertTrue(error.toString().contains("columns of shop.orders changed"), error.toString());
    assertRows("[1,new,1.50,kept]", "[2,paid,null,null]", "[3,null,3.00,null]");
  }

  @Test
  void anOverwriteLeavesNoRowOfANullKey() {
    server.execute(
        "CREATE TABLE shop.nulls (k Nullable(Int32), n Nullable(String), v Int32) ENGINE ="
            + " MutableMergeTree ORDER BY (k, n) SETTINGS allow_nullable_key = 1");
    sql(
        "INSERT INTO writes.shop.nulls VALUES (NULL, 'a', 1), (0, NULL, 2), (NULL, NULL, 3), (0, '', 4)");
    sql("INSERT OVERWRITE writes.shop.nulls VALUES (NULL, NULL, 5), (0, '', 6)");
    assertEquals(
        List.of("[0,,6]", "[null,null,5]"),
        SparkTestSession.sorted(sql("SELECT * FROM writes.shop.nulls")));
    server.execute("DROP TABLE shop.nulls");
  }

  @Test
  void rowsOfNanAndOfDottedKeysAreUpdatedAndDeleted() {
    server.execute(
        "CREATE TABLE shop.nan (`k.1` Float64, v Int32) ENGINE = MutableMergeTree ORDER BY (`k.1`);"
            + " INSERT INTO shop.nan VALUES (nan, 1), (0, 2), (inf, 3), (-inf, 4)");
    sql("UPDATE writes.shop.nan SET v = v + 10 WHERE v <> 2");
    sql("DELETE FROM writes.shop.nan WHERE v = 11");
    assertEquals(
        List.of("[-Infinity,14]", "[0.0,2]", "[Infinity,13]"),
        SparkTestSession.sorted(sql("SELECT * FROM writes.shop.nan")));
    assertEquals(
        0, sql("SELECT * FROM writes.shop.nan WHERE NOT `k.1` <= 1e308").where("v = 11").count());
    server.execute("DROP TABLE shop.nan");
  }

  @Test
  @Tag("line")
  void aSnapshotIsReadByItsNameAndNotWritten() {
    server.execute("CREATE SNAPSHOT before OF shop.orders EXPIRES IN 600 SECONDS");
    sql("UPDATE " + TABLE + " SET state = 'sent'");
    assertEquals(
        List.of("[new]", "[null]", "[paid]"),
        SparkTestSession.sorted(sql("SELECT state FROM " + TABLE + " VERSION AS OF 'before'")));
    assertEquals(3, sql("SELECT * FROM " + TABLE + " WHERE state = 'sent'").count());
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.old", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.old.endpoints", server.endpoint().toString());
    spark.conf().set("spark.sql.catalog.old.snapshot", "before");
    for (String statement :
        List.of(
            "UPDATE old.shop.orders SET total = 1",
            "DELETE FROM old.shop.orders WHERE id = 1",
            "INSERT INTO old.shop.orders VALUES (1, 'x', 1)",
            "TRUNCATE TABLE old.shop.orders")) {
      Exception error = assertThrows(Exception.class, () -> sql(statement), statement);
      assertTrue(error.toString().contains("snapshot before"), error.toString());
    }
    Exception unknown =
        assertThrows(
            Exception.class,
            () -> sql("SELECT * FROM " + TABLE + " VERSION AS OF 'nothing'").collectAsList());
    assertTrue(unknown.toString().contains("nothing"), unknown.toString());
    server.execute("DROP SNAPSHOT before");
  }

  private static void assertRows(String... expected) {
    assertEquals(List.of(expected), SparkTestSession.sorted(sql("SELECT * FROM " + TABLE)));
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
