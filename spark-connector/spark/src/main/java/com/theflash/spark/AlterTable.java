package com.theflash.spark;

import com.theflash.client.FlashException;
import java.io.UncheckedIOException;
import org.apache.spark.sql.connector.catalog.TableChange;

/** Changes of a table's columns. */
final class AlterTable {
  private AlterTable() {}

  /**
   * Gives the statement.
   *
   * @throws UnsupportedOperationException for a change that the engine has no statement for
   */
  static String sql(TableName table, TableChange change) {
    String start = "ALTER TABLE " + table.sql();
    if (change instanceof TableChange.AddColumn add) {
      if (add.defaultValue() != null) {
        throw new UnsupportedOperationException(
            "theflash keeps no DEFAULT of a column: add "
                + only(add.fieldNames())
                + " without it, and UPDATE the rows that are there");
      }
      try {
        return start
            + " ADD COLUMN "
            + CreateTable.columnSql(
                only(add.fieldNames()), add.dataType(), add.isNullable(), add.comment())
            + positionSql(add.position());
      } catch (FlashException error) {
        throw new UncheckedIOException(error);
      }
    } else if (change instanceof TableChange.DeleteColumn drop) {
      String exists = drop.ifExists() ? "IF EXISTS " : "";
      return start + " DROP COLUMN " + exists + SqlText.quoteName(only(drop.fieldNames()));
    } else if (change instanceof TableChange.RenameColumn rename) {
      return start
          + " RENAME COLUMN "
          + SqlText.quoteName(only(rename.fieldNames()))
          + " TO "
          + SqlText.quoteName(rename.newName());
    }
    throw new UnsupportedOperationException(
        "theflash can add, drop and rename columns, not " + change.getClass().getSimpleName());
  }

  private static String positionSql(TableChange.ColumnPosition position) {
    if (position instanceof TableChange.After after) {
      return " AFTER " + SqlText.quoteName(after.column());
    }
    return position instanceof TableChange.First ? " FIRST" : "";
  }

  private static String only(String[] names) {
    if (names.length == 1) {
      return names[0];
    }
    throw new UnsupportedOperationException("theflash has no nested columns");
  }
}
