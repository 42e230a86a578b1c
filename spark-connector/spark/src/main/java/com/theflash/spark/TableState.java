package com.theflash.spark;

import com.theflash.client.ArrowResult;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What a stream of changes asks the server about its table, in SQL. */
final class TableState {
  private static final String ALL_TABLES = "00000000-0000-0000-0000-000000000000";

  private final FlashClient client;
  private final TableName name;

  TableState(FlashClient client, TableName name) {
    this.client = client;
    this.name = name;
  }

  /**
   * Gives a text that is another one when rows were written, or the changes cut off. Cheap: no row
   * is read.
   */
  String read() throws FlashException {
    String table = whereTable("name");
    List<String> row =
        one(
            "SELECT concat(toString(uuid), ' ', toString((SELECT max(max_block_number) FROM"
                + " system.parts WHERE active AND "
                + whereTable("table")
                + ")), ' ', toString((SELECT max(since) FROM theflash.change_feeds WHERE reason != ''"
                + " AND (uuid = "
                + SqlText.quoteText(ALL_TABLES)
                + " OR uuid IN (SELECT uuid FROM system.tables WHERE "
                + table
                + "))))) FROM system.tables WHERE "
                + table,
            1);
    if (row.isEmpty()) {
      throw FlashException.ofRequest(
          "The table " + name + " is gone, while a stream reads its changes",
          "Stop the stream, or begin anew with a new checkpointLocation.");
    }
    return row.get(0);
  }

  /**
   * Makes a snapshot, for a stream to read.
   *
   * @param state what {@link #read} gave before
   */
  ChangeOffset keep(String state, int expiresInSeconds) throws FlashException {
    String snapshot = "changes_" + UUID.randomUUID().toString().replace("-", "");
    client.execute(
        "CREATE SNAPSHOT "
            + SqlText.quoteName(snapshot)
            + " OF "
            + name.sql()
            + " EXPIRES IN "
            + expiresInSeconds
            + " SECONDS");
    List<String> row =
        one(
            "SELECT toString(complete_version), toString(changes[1].uuid) FROM theflash.snapshots"
                + " WHERE name = "
                + SqlText.quoteText(snapshot),
            2);
    return new ChangeOffset(Long.parseLong(row.get(0)), snapshot, row.get(1), state);
  }

  /** Lets a snapshot live for so long from now. */
  void renew(String snapshot, int expiresInSeconds) throws FlashException {
    try {
      client.execute(
          "ALTER SNAPSHOT "
              + SqlText.quoteName(snapshot)
              + " EXPIRES IN "
              + expiresInSeconds
              + " SECONDS");
    } catch (FlashException error) {
      if (!error.code().equals("NOT_FOUND")) {
        throw error;
      }
      throw FlashException.ofRequest(
          "The snapshot "
              + snapshot
              + " of "
              + name
              + ", which a batch of the stream reads, has expired or was dropped",
          "Begin anew with a new checkpointLocation; changesSnapshotSeconds keeps them for longer.");
    }
  }

  void drop(String snapshot) throws FlashException {
    client.execute("DROP SNAPSHOT IF EXISTS " + SqlText.quoteName(snapshot));
  }

  private String whereTable(String nameColumn) {
    return "database = "
        + SqlText.quoteText(name.database())
        + " AND "
        + nameColumn
        + " = "
        + SqlText.quoteText(name.table());
  }

  /** The texts of the only row; none where there is no row. */
  private List<String> one(String sql, int columns) throws FlashException {
    List<String> values = new ArrayList<>();
    try (ArrowResult result = client.query(sql, FlashMemory.root())) {
      while (result.next()) {
        for (int index = 0; index < columns && result.root().getRowCount() > 0; index += 1) {
          values.add(result.root().getVector(index).getObject(0).toString());
        }
      }
    }
    return values;
  }
}
