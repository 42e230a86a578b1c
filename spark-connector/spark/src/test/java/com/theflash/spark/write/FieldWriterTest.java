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
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
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
        for (String value :
            List.of(
                bad,
                "array(" + type.least() + ", " + bad + ")",
                "named_struct('a', " + bad + ")",
                "map(1, " + type.least() + ", 2, " + bad + ")",
                "map(1, array(named_struct('a', " + bad + ")))")) {
          UncheckedIOException error =
              assertThrows(
                  UncheckedIOException.class, () -> put(type.type(), value), type + " of " + value);
          String start = "Column shop\\.t\\.c(\\.a)? can't hold .*";
          assertTrue(error.getCause().getMessage().matches("(?s)" + start), error.getMessage());
        }
      }
    }
  }

  @Test
  void whatHoldsValuesTakesNullsWhereItsTypeDoes() {
    for (String value :
        List.of(
            "array(1, CAST(NULL AS INT))",
            "named_struct('a', CAST(NULL AS INT))",
            "map(1, 2, 3, CAST(NULL AS INT))")) {
      assertThrows(UncheckedIOException.class, () -> put("Int32", value), value);
      assertDoesNotThrow(() -> put("Nullable(Int32)", value), value);
    }
    assertThrows(UncheckedIOException.class, () -> put("Int32", "array(CAST(NULL AS ARRAY<INT>))"));
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
    StagedForm form = new StagedForm(holding(sparkType, engineType), sparkType, mysqlType);
    InternalRow row = rows.queryExecution().executedPlan().executeCollect()[0];
    try (BufferAllocator allocator = new RootAllocator();
        FieldVector vector = ArrowTypes.field("c", form.type()).createVector(allocator)) {
      FieldWriter.checked("shop.t.c", form, vector).put(row, 0, 0);
    }
  }

  /** The engine's type of arrays, maps and structs of a type, as deep as Spark's. */
  private static String holding(DataType sparkType, String engineType) {
    if (sparkType instanceof ArrayType array) {
      return "Array(" + holding(array.elementType(), engineType) + ")";
    } else if (sparkType instanceof MapType map) {
      return "Map(Int32, " + holding(map.valueType(), engineType) + ")";
    } else if (sparkType instanceof StructType struct) {
      return "Tuple(a " + holding(struct.apply(0).dataType(), engineType) + ")";
    }
    return engineType;
  }
}
