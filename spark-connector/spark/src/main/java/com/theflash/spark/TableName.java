package com.theflash.spark;

import com.theflash.client.FlashException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A table of the server, by its exact names. */
record TableName(String database, String table) implements Serializable {

  /**
   * Takes the name from {@code load("db.table")}, or from the options database and table. Backticks
   * hold names with dots: {@code `my.db`.`my table`}.
   */
  static TableName parse(CaseInsensitiveStringMap options) throws FlashException {
    String path = options.get("path");
    String table = path == null ? options.get("table") : path;
    String database = options.get("database");
    if (table == null) {
      throw FlashException.ofRequest("No table is named", "Give it as load(\"db.table\").");
    }
    List<String> parts = split(table);
    if (database != null && parts.size() == 1) {
      return new TableName(database, parts.get(0));
    }
    if (database == null && parts.size() == 2) {
      return new TableName(parts.get(0), parts.get(1));
    }
    throw FlashException.ofRequest(
        "Not a table's name: " + table + (database == null ? "" : " in database " + database),
        "Give it as load(\"db.table\").");
  }

  /** With ClickHouse's quotes, for statements. */
  String sql() {
    return SqlText.quoteName(database) + "." + SqlText.quoteName(table);
  }

  @Override
  public String toString() {
    return database + "." + table;
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean quoted = false;
    for (int index = 0; index < text.length(); index += 1) {
      char each = text.charAt(index);
      if (each == '`') {
        boolean doubled = quoted && index + 1 < text.length() && text.charAt(index + 1) == '`';
        if (doubled) {
          part.append('`');
          index += 1;
        } else {
          quoted = !quoted;
        }
      } else if (each == '.' && !quoted) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(each);
      }
    }
    parts.add(part.toString());
    return parts;
  }
}
