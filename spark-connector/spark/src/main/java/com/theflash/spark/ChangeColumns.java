package com.theflash.spark;

import com.theflash.client.ColumnInfo;
import com.theflash.client.FlashException;
import com.theflash.client.TableInfo;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;

/** The columns of a table's changes: docs/spark.md, "Changes". */
final class ChangeColumns {
  /** 'upsert' or 'delete'. */
  static final String TYPE = "_change_type";

  /** The version of the row, or of its deletion. */
  static final String VERSION = "_commit_version";

  private ChangeColumns() {}

  /**
   * Gives the table's columns, those outside of the key without a value in deleted rows, and the
   * two that changes have beside them.
   *
   * @throws FlashException INVALID_REQUEST for a table whose changes can't be read
   */
  static List<FlashColumn> of(
      FlashOptions options, TableName name, TableInfo info, List<FlashColumn> columns)
      throws FlashException {
    if (options.shards().size() > 1) {
      throw FlashException.ofRequest(
          "The changes of " + name + " can't be read from several servers",
          "Name one endpoint: each server counts its versions by itself.");
    }
    List<String> names = info.columns().stream().map(ColumnInfo::name).toList();
    if (info.primaryKey().isEmpty() || !names.containsAll(info.primaryKey())) {
      throw FlashException.ofRequest(
          name + " has no primary key, by which its changes could be told", "Read its rows.");
    }
    if (names.contains(TYPE) || names.contains(VERSION)) {
      throw FlashException.ofRequest(
          name + " has a column " + TYPE + " or " + VERSION + ", which its changes have, too",
          "Give the table's column another name.");
    }
    List<FlashColumn> all = new ArrayList<>();
    for (FlashColumn each : columns) {
      all.add(
          new FlashColumn(
              each.name(),
              each.type(),
              each.nullable() || !info.primaryKey().contains(each.name()),
              each.kind(),
              each.engineType(),
              each.mysqlType()));
    }
    all.add(new FlashColumn(TYPE, DataTypes.StringType, false, ColumnKind.TEXT, "String", null));
    all.add(new FlashColumn(VERSION, DataTypes.LongType, false, ColumnKind.INTEGER, "Int64", null));
    return List.copyOf(all);
  }

  /** A catalog knows a table's columns before it sees the options of a read. */
  static FlashException refuseCatalog(TableName name) {
    return FlashException.ofRequest(
        "The changes of " + name + " are not read by a catalog's name of it",
        "Read them by format(\"theflash\"), with endpoints and changes among its options.");
  }
}
