package com.theflash.spark.write;

import com.theflash.client.ColumnInfo;
import com.theflash.client.FlashException;
import com.theflash.client.TableInfo;
import com.theflash.spark.ColumnKind;
import com.theflash.spark.CreateTable;
import com.theflash.spark.FlashColumn;
import com.theflash.spark.SqlText;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The mutable table that is written to.
 *
 * @param title what messages call it
 * @param columns those that are written, in the order of the rows
 * @param key names of the primary key
 * @param tableColumns all columns of the table as it was when the job was planned, by their types
 */
public record WriteTarget(
    String database,
    String table,
    String title,
    List<FlashColumn> columns,
    List<String> key,
    Map<String, String> tableColumns)
    implements Serializable {

  /**
   * Checks that rows of a schema can be written.
   *
   * @param available the table's columns by name
   * @param info the table, whose key it takes
   * @throws FlashException INVALID_REQUEST for a table without a key, and columns it has not
   */
  public static WriteTarget check(
      String database,
      String table,
      String title,
      StructType schema,
      Map<String, FlashColumn> available,
      TableInfo info)
      throws FlashException {
    List<String> key = info.primaryKey();
    if (key.isEmpty()) {
      throw FlashException.ofRequest(
          title + " has no primary key", "Rows are written by their key.");
    }
    List<FlashColumn> columns = new ArrayList<>();
    for (StructField each : schema.fields()) {
      FlashColumn column = available.get(each.name());
      if (column == null || !isWritable(column)) {
        throw FlashException.ofRequest(
            "Column " + title + "." + each.name() + " can't be written",
            column == null
                ? "The table has no such column."
                : "Spark can read " + column.engineType() + " at most: write by theflash sql.");
      }
      // The rows' own type: Spark has cast it to the column's, or kept what is as good.
      columns.add(column);
    }
    for (String each : key) {
      if (columns.stream().noneMatch(column -> column.name().equals(each))) {
        throw FlashException.ofRequest("The rows have no column " + each, "It is of the key.");
      }
    }
    return new WriteTarget(
        database, table, title, List.copyOf(columns), List.copyOf(key), columnsOf(info));
  }

  /**
   * Checks that the table has the columns that it had: rows that were made without a new one would
   * empty it.
   *
   * @param now the table as it is
   */
  void checkColumns(TableInfo now) throws FlashException {
    Map<String, String> columnsNow = columnsOf(now);
    if (!columnsNow.equals(tableColumns)) {
      throw FlashException.ofRequest(
          "The columns of "
              + title
              + " changed while the job ran: "
              + tableColumns
              + " became "
              + columnsNow,
          "Nothing of the job is written. Run it again.");
    }
  }

  private static Map<String, String> columnsOf(TableInfo info) {
    return new TreeMap<>(
        info.columns().stream()
            .collect(Collectors.toMap(ColumnInfo::name, ColumnInfo::engineType)));
  }

  private static boolean isWritable(FlashColumn column) {
    String type = column.engineType();
    return column.kind() != ColumnKind.UNREADABLE && !type.matches("(?s).*\\bJSON\\b.*");
  }

  /** How the values of each column are staged. */
  List<StagedForm> forms() {
    return columns.stream().map(WriteTarget::form).toList();
  }

  private static StagedForm form(FlashColumn column) {
    return new StagedForm(column.engineType(), column.type(), column.mysqlType());
  }

  /** Where the key's columns stand in the rows. */
  int[] keyOrdinals() {
    List<String> names = columns.stream().map(FlashColumn::name).toList();
    return key.stream().mapToInt(names::indexOf).toArray();
  }

  String sql() {
    return SqlText.quoteName(database) + "." + SqlText.quoteName(table);
  }

  /** A column as messages name it. */
  String titleOf(FlashColumn column) {
    return title + "." + column.name();
  }

  String names() {
    return list(columns, each -> SqlText.quoteName(each.name()));
  }

  /** A column of the staging table: it takes what Spark has, NULL too. */
  String stagedColumnSql(FlashColumn column) throws FlashException {
    return CreateTable.columnSql(column.name(), form(column).type(), true);
  }

  /**
   * The staged columns in the table's types.
   *
   * @param keysOnly the others are of a key that is deleted, and get any value of their type
   */
  String castSql(boolean keysOnly) {
    return list(
        columns,
        each ->
            keysOnly && !key.contains(each.name())
                ? "defaultValueOfTypeName(" + SqlText.quoteText(typeSql(each)) + ")"
                : castSql(each));
  }

  /**
   * The key's columns, as staged and cast, or as the table has them, to be looked up by IN. A NULL,
   * which IN finds nowhere, is told by a column of its own.
   */
  String keySql(boolean staged) {
    List<FlashColumn> keyColumns =
        key.stream()
            .map(name -> columns.stream().filter(each -> each.name().equals(name)).findFirst())
            .map(found -> found.orElseThrow())
            .toList();
    return list(
        keyColumns,
        each -> {
          String value = staged ? castSql(each) : SqlText.quoteName(each.name());
          String none = "defaultValueOfTypeName(" + SqlText.quoteText(each.engineType()) + ")";
          return each.nullable()
              ? "isNull(" + value + "), ifNull(" + value + ", " + none + ")"
              : value;
        });
  }

  private static String castSql(FlashColumn column) {
    return form(column).castSql(SqlText.quoteName(column.name()), typeSql(column));
  }

  private static String typeSql(FlashColumn column) {
    return column.nullable() ? "Nullable(" + column.engineType() + ")" : column.engineType();
  }

  private static String list(List<FlashColumn> of, Function<FlashColumn, String> form) {
    return of.stream().map(form).collect(Collectors.joining(", "));
  }
}
