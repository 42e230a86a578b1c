package com.theflash.spark.write;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.spark.FlashColumn;
import com.theflash.spark.SqlText;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A plain table of one job, where its tasks put rows that nobody else sees. Rows carry the task
 * attempt that wrote them, so that those of failed and doubled attempts are left out.
 */
public final class StagingTable implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Names of staging tables begin so. */
  public static final String PREFIX = "_theflash_spark_";

  static final String TASK = "_theflash_task";
  static final String DELETED = "_theflash_deleted";

  private final List<Endpoint> copies;
  private final ClientOptions options;
  private final WriteTarget target;
  private final String name;

  private StagingTable(
      List<Endpoint> copies, ClientOptions options, WriteTarget target, String name) {
    this.copies = copies;
    this.options = options;
    this.target = target;
    this.name = name;
  }

  /**
   * Makes the table, beside the one that is written to.
   *
   * @param comment what tells others whose it is, and how long
   */
  static StagingTable create(
      List<Endpoint> copies, ClientOptions options, WriteTarget target, String comment)
      throws FlashException {
    String name = newName();
    StagingTable staging = new StagingTable(copies, options, target, name);
    List<String> columns = new ArrayList<>();
    for (FlashColumn each : target.columns()) {
      columns.add(target.stagedColumnSql(each));
    }
    columns.add(DELETED + " Int8");
    columns.add(TASK + " Int64");
    staging.execute(
        "CREATE TABLE "
            + staging.sql()
            + " ("
            + String.join(", ", columns)
            + ") ENGINE = MergeTree ORDER BY tuple() COMMENT "
            + SqlText.quoteText(comment));
    return staging;
  }

  /** A name that no other table has. */
  public static String newName() {
    return PREFIX + UUID.randomUUID().toString().replace("-", "");
  }

  WriteTarget target() {
    return target;
  }

  FlashClient client() {
    return new FlashClient(copies, options);
  }

  String database() {
    return target.database();
  }

  String name() {
    return name;
  }

  /**
   * Makes the rows of task attempts the table's, by one statement: readers see all of them or none.
   *
   * @param deletes some of the rows are keys that are to be deleted
   * @param overwrite delete all other rows, in the same statement
   */
  public void commit(Collection<Long> tasks, boolean deletes, boolean overwrite)
      throws FlashException {
    if (tasks.isEmpty() && !overwrite) {
      return;
    }
    target.checkColumns(client().describeTable(target.database(), target.table(), false));
    String ours = ours(tasks);
    String written = " FROM " + sql() + " WHERE " + ours + " AND " + DELETED + " = 0";
    if (!deletes && !overwrite) {
      execute(
          "UPSERT INTO "
              + target.sql()
              + " ("
              + target.names()
              + ") SELECT "
              + target.castSql(false)
              + written);
      return;
    }
    String writtenKeys = "(SELECT " + target.keySql(true) + written + ")";
    StringBuilder rows = new StringBuilder();
    rows.append("SELECT ").append(target.castSql(false)).append(", 0").append(written);
    rows.append(" UNION ALL SELECT ").append(target.castSql(true)).append(", 1 FROM ");
    rows.append(sql()).append(" WHERE ").append(ours).append(" AND ").append(DELETED);
    rows.append(" = 1 AND (").append(target.keySql(true)).append(") NOT IN ").append(writtenKeys);
    if (overwrite) {
      rows.append(" UNION ALL SELECT ").append(target.names()).append(", 1 FROM ");
      rows.append(target.sql()).append(" WHERE (").append(target.keySql(false));
      rows.append(") NOT IN ").append(writtenKeys);
    }
    execute(
        "IMPORT INTO "
            + target.sql()
            + " ("
            + target.names()
            + ", _INTERNAL_DELMARK) SELECT * FROM ("
            + rows
            + ")");
  }

  private static String ours(Collection<Long> tasks) {
    // Without a task there is no row: an overwrite then leaves an empty table.
    String ids = tasks.stream().map(String::valueOf).collect(Collectors.joining(", "));
    return tasks.isEmpty() ? "0" : TASK + " IN (" + ids + ")";
  }

  /** Removes the table; may be called twice. */
  public void drop() throws FlashException {
    execute("DROP TABLE IF EXISTS " + sql());
  }

  String sql() {
    return SqlText.quoteName(target.database()) + "." + SqlText.quoteName(name);
  }

  private void execute(String statement) throws FlashException {
    client().execute(statement);
  }
}
