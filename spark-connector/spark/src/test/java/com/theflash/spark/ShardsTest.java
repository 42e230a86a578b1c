package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.client.FlashException;
import com.theflash.client.ServeProcess;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two shards as one table: what changes rows is refused whole, and what empties it is for both. */
@Timeout(600)
class ShardsTest {
  private static final String TABLE = "sharded.shop.t";
  private static ServeProcess first;
  private static ServeProcess second;

  @BeforeAll
  static void startServers() throws IOException {
    first = ServeProcess.start();
    second = ServeProcess.start();
    SparkSession spark = SparkTestSession.get();
    spark.conf().set("spark.sql.catalog.sharded", FlashCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.sharded.endpoints", endpoints());
    spark.sql("CREATE NAMESPACE sharded.shop");
  }

  @AfterAll
  static void stopServers() throws IOException {
    first.close();
    second.close();
  }

  @BeforeEach
  void fill() {
    sql("DROP TABLE IF EXISTS " + TABLE);
    sql(
        "CREATE TABLE "
            + TABLE
            + " (id BIGINT NOT NULL, v INT)"
            + " TBLPROPERTIES ('primaryKey' = 'id')");
    first.execute("INSERT INTO shop.t VALUES (1, 10), (3, 30)");
    second.execute("INSERT INTO shop.t VALUES (2, 20), (4, 40)");
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    SparkTestSession.assertNothingLeaked();
    for (ServeProcess each : List.of(first, second)) {
      assertEquals(List.of(), SparkTestSession.stagingTables(each, "shop"));
      assertEquals(0, each.openRequests());
    }
  }

  @Test
  void statementsThatChangeRowsAreRefusedBeforeAnyIsChanged() {
    for (String statement :
        List.of(
            "INSERT INTO " + TABLE + " VALUES (5, 50)",
            "INSERT OVERWRITE " + TABLE + " VALUES (5, 50)",
            "UPDATE " + TABLE + " SET v = 0 WHERE id < 3",
            "DELETE FROM " + TABLE + " WHERE id < 3",
            "MERGE INTO "
                + TABLE
                + " t USING (SELECT 1L AS id) s ON t.id = s.id"
                + " WHEN MATCHED THEN UPDATE SET v = 0"
                + " WHEN NOT MATCHED BY SOURCE THEN DELETE")) {
      assertRefused(statement, () -> sql(statement));
    }
    Dataset<Row> row = sql("SELECT 5L AS id, 50 AS v");
    for (SaveMode mode : List.of(SaveMode.Append, SaveMode.Overwrite)) {
      assertRefused(
          mode.toString(),
          () ->
              row.write()
                  .format("theflash")
                  .option("endpoints", endpoints())
                  .mode(mode)
                  .save("shop.t"));
    }
    assertRows("[1,10]", "[2,20]", "[3,30]", "[4,40]");
  }

  @Test
  void aTableIsEmptiedOnBothShards() {
    sql("TRUNCATE TABLE " + TABLE);
    assertRows();
    fill();
    // Without a condition Spark empties the table instead of looking for its rows.
    sql("DELETE FROM " + TABLE);
    assertRows();
  }

  @Test
  void aShardThatCanNotTakePartKeepsTheOthersFromStarting() throws IOException {
    second.execute("RENAME TABLE shop.t TO shop.u");
    assertThrows(Exception.class, () -> sql("TRUNCATE TABLE " + TABLE));
    assertEquals(List.of("1", "3"), ids(first, "shop.t"));
    second.execute("RENAME TABLE shop.u TO shop.t");
    try (ServeProcess third = ServeProcess.start()) {
      SparkSession spark = SparkTestSession.get();
      String down = first.endpoint() + "," + third.endpoint();
      spark.conf().set("spark.sql.catalog.down", FlashCatalog.class.getName());
      spark.conf().set("spark.sql.catalog.down.endpoints", down);
      spark.conf().set("spark.sql.catalog.down.retries", "0");
      third.kill();
      for (String statement : List.of("TRUNCATE TABLE down.shop.t", "DROP TABLE down.shop.t")) {
        Exception error = assertThrows(Exception.class, () -> sql(statement), statement);
        assertEquals(FlashException.CONNECTION, FlashException.findIn(error).orElseThrow().code());
        assertEquals(List.of("1", "3"), ids(first, "shop.t"), statement);
      }
    }
  }

  private static void assertRefused(String what, Runnable statement) {
    Exception error = assertThrows(Exception.class, statement::run, what);
    String message = FlashException.findIn(error).orElseThrow().getMessage();
    assertTrue(message.contains("Rows of shop.t can't be written to several servers"), message);
    assertEquals(List.of("1", "3"), ids(first, "shop.t"), what);
    assertEquals(List.of("2", "4"), ids(second, "shop.t"), what);
  }

  private static void assertRows(String... expected) {
    assertEquals(List.of(expected), SparkTestSession.sorted(sql("SELECT * FROM " + TABLE)));
  }

  private static List<String> ids(ServeProcess server, String table) {
    return SparkTestSession.query(server, "SELECT id FROM " + table + " ORDER BY id");
  }

  private static String endpoints() {
    return first.endpoint() + "," + second.endpoint();
  }

  private static Dataset<Row> sql(String text) {
    return SparkTestSession.get().sql(text);
  }
}
