package com.theflash.spark.write;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.theflash.spark.SparkTestSession;
import com.theflash.spark.TypeEnds;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What each engine type takes, and what it refuses, as a value and in arrays. */
@Tag("one-spark")
class FieldWriterTest {
  @Test
  void takesTheEndsOfATypeAndNothingBeyondThem() {
    for (TypeEnds type : TypeEnds.all()) {
      for (String good : List.of(type.least(), type.greatest())) {
        assertDoesNotThrow(() -> put(type.type(), good), type + " takes " + good);
      }
      for (String bad : type.beyond()) {
        for (String value : List.of(bad, "array(" + type.least() + ", " + bad + ")")) {
          UncheckedIOException error =
              assertThrows(
                  UncheckedIOException.class, () -> put(type.type(), value), type + " of " + value);
          String start = "Column shop.t.c can't hold ";
          assertTrue(error.getCause().getMessage().startsWith(start), error.getMessage());
        }
      }
    }
  }

  @Test
  void anArrayOfValuesTakesNoNull() {
    assertThrows(UncheckedIOException.class, () -> put("Int32", "array(1, CAST(NULL AS INT))"));
    assertDoesNotThrow(() -> put("Nullable(Int32)", "array(1, CAST(NULL AS INT))"));
  }

  @Test
  void aTextIsAsLongAsItsTypeSaysInCharacters() {
    for (String type : List.of("varchar(3)", "CHAR(3) CHARACTER SET utf8mb4")) {
      assertDoesNotThrow(() -> put("String", type, "'茶茶茶'"));
      assertThrows(UncheckedIOException.class, () -> put("String", type, "'abcd'"));
    }
    assertDoesNotThrow(() -> put("String", "text", "'abcd'"));
  }

  /** Puts a value of Spark's SQL into a column of the type, or of arrays of it. */
  private static void put(String engineType, String value) {
    put(engineType, null, value);
  }

  private static void put(String engineType, String mysqlType, String value) {
    Dataset<Row> rows = SparkTestSession.get().sql("SELECT " + value + " AS c");
    DataType sparkType = rows.schema().apply(0).dataType();
    boolean array = sparkType.typeName().equals("array");
    StagedForm form =
        new StagedForm(array ? "Array(" + engineType + ")" : engineType, sparkType, mysqlType);
    InternalRow row = rows.queryExecution().executedPlan().executeCollect()[0];
    try (BufferAllocator allocator = new RootAllocator();
        FieldVector vector = ArrowTypes.field("c", form.type()).createVector(allocator)) {
      FieldWriter.checked("shop.t.c", form, vector).put(row, 0, 0);
    }
  }
}
