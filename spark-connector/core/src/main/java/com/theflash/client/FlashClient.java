package com.theflash.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Requests to one shard, each on a connection of its own.
 *
 * <p>A connection that can't be made, or that a busy server turns away, is tried again and on the
 * shard's other copies, because nothing was begun.
 */
public final class FlashClient {
  private static final long BACKOFF_MS = 100;
  private static final long BACKOFF_MS_MAX = 5_000;

  private final List<Endpoint> copies;
  private final ClientOptions options;

  /**
   * @param copies the shard's endpoints, at least one; the first that answers is asked
   */
  public FlashClient(List<Endpoint> copies, ClientOptions options) {
    this.copies = List.copyOf(copies);
    this.options = options;
  }

  /** Lists the tables of a database, or of all where it is null. */
  public List<TableInfo> listTables(String database) throws FlashException {
    return readTables(database, null, false);
  }

  /**
   * Describes a table.
   *
   * @param countRows count the rows that a reader sees, which reads the key columns
   * @throws FlashException NOT_FOUND
   */
  public TableInfo describeTable(String database, String table, boolean countRows)
      throws FlashException {
    for (TableInfo each : readTables(database, table, countRows)) {
      if (each.database().equals(database) && each.table().equals(table)) {
        return each;
      }
    }
    throw FlashException.ofServer(
        "NOT_FOUND", "never", false, "No table " + database + "." + table + " at " + copies, "");
  }

  /** Plans a scan. */
  public Plan plan(PlanRequest request) throws FlashException {
    try (Connection connection = connect(() -> false)) {
      Message answer = connection.request(MessageType.PLAN, request.json(), MessageType.PLAN_OK);
      return Plan.parse(connection.endpoint(), answer.fields());
    }
  }

  /**
   * Reads a split.
   *
   * @param allocator what the rows are charged to; must outlive the result
   * @param interrupted asked about once a second while the server is silent
   */
  public ArrowResult scan(String ticket, BufferAllocator allocator, BooleanSupplier interrupted)
      throws FlashException {
    return openResult(
        MessageType.SCAN, Json.object().put("ticket", ticket), allocator, interrupted);
  }

  /** Runs SQL that gives rows, in the engine's own types. */
  public ArrowResult query(String sql, BufferAllocator allocator) throws FlashException {
    return openResult(MessageType.QUERY, Json.object().put("sql", sql), allocator, () -> false);
  }

  /** Runs statements whose rows are of no interest. Not repeated when the connection breaks. */
  public void execute(String sql) throws FlashException {
    try (Connection connection = connect(() -> false)) {
      ObjectNode fields = Json.object().put("sql", sql).put("timeoutMs", 0);
      connection.request(MessageType.EXECUTE, fields, MessageType.EXECUTE_OK);
    }
  }

  /**
   * Puts rows into a plain table: durable and visible once it returns. Sent again where the answer
   * was lost, which applies them once.
   *
   * @param stream a whole Arrow IPC stream
   */
  public void insert(String database, String table, ByteBuffer stream) throws FlashException {
    ObjectNode fields = Json.object().put("batchId", UUID.randomUUID().toString());
    for (int attempt = 0; ; attempt += 1) {
      try (Connection connection = connect(() -> false)) {
        if (!fields.has("serverId")) {
          fields.put("serverId", connection.serverId());
          fields.put("database", database).put("table", table);
        }
        connection.request(MessageType.INSERT, fields, stream, MessageType.INSERT_OK);
        return;
      } catch (FlashException error) {
        if (error.retry() != FlashException.Retry.AFTER_BACKOFF || attempt >= options.retries()) {
          throw error;
        }
        waitBefore(attempt, () -> false);
      }
    }
  }

  /** What the server does now: `openScans` holds the scans and queries that run. */
  public JsonNode status() throws FlashException {
    try (Connection connection = connect(() -> false)) {
      return connection.request(MessageType.STATUS, Json.object(), MessageType.STATUS_OK).fields();
    }
  }

  private ArrowResult openResult(
      MessageType type, ObjectNode fields, BufferAllocator allocator, BooleanSupplier interrupted)
      throws FlashException {
    fields.put("credit", options.creditBytes()).put("timeoutMs", 0);
    for (int attempt = 0; ; attempt += 1) {
      Connection connection = connect(interrupted);
      try {
        connection.setInterrupted(interrupted);
        connection.begin(type, fields);
        connection.receive(MessageType.OPENED);
        return ArrowResult.open(connection, options.creditBytes(), allocator);
      } catch (FlashException error) {
        connection.close();
        if (!error.code().equals("BUSY") || attempt >= options.retries()) {
          throw error;
        }
        waitBefore(attempt, interrupted);
      }
    }
  }

  private Connection connect(BooleanSupplier interrupted) throws FlashException {
    for (int attempt = 0; ; attempt += 1) {
      FlashException last = null;
      for (Endpoint each : copies) {
        try {
          return Connection.open(each, options);
        } catch (FlashException error) {
          if (error.retry() != FlashException.Retry.AFTER_BACKOFF) {
            throw error;
          }
          last = error;
        }
      }
      if (attempt >= options.retries()) {
        throw last;
      }
      waitBefore(attempt, interrupted);
    }
  }

  private static void waitBefore(int attempt, BooleanSupplier interrupted) throws FlashException {
    long waitMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS << Math.min(attempt, 10));
    try {
      // Spread, so that tasks that were turned away together don't come back together.
      Thread.sleep(waitMs / 2 + ThreadLocalRandom.current().nextLong(waitMs));
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw FlashException.ofCancelled("Interrupted between two tries");
    }
    if (interrupted.getAsBoolean()) {
      throw FlashException.ofCancelled("Interrupted between two tries");
    }
  }

  private List<TableInfo> readTables(String database, String table, boolean countRows)
      throws FlashException {
    ObjectNode fields = Json.object();
    if (database != null) {
      fields.put("database", database);
    }
    if (table != null) {
      fields.put("table", table);
    }
    fields.put("countRows", countRows);
    try (Connection connection = connect(() -> false)) {
      Message answer = connection.request(MessageType.TABLES, fields, MessageType.TABLES_OK);
      List<TableInfo> tables = new ArrayList<>();
      for (JsonNode each : Json.list(answer.fields(), "tables")) {
        tables.add(parseTable(each));
      }
      return tables;
    }
  }

  private static TableInfo parseTable(JsonNode json) throws FlashException {
    List<String> key = new ArrayList<>();
    for (JsonNode each : Json.list(json, "primaryKey")) {
      key.add(each.asText());
    }
    List<ColumnInfo> columns = new ArrayList<>();
    for (JsonNode each : Json.list(json, "columns")) {
      columns.add(
          new ColumnInfo(
              Json.text(each, "name"),
              Json.text(each, "engineType"),
              Json.optionalText(each, "mysqlType")));
    }
    return new TableInfo(
        Json.text(json, "database"),
        Json.text(json, "table"),
        List.copyOf(key),
        Json.integer(json, "bytes"),
        Json.isMissing(json, "rows") ? -1 : Json.integer(json, "rows"),
        List.copyOf(columns));
  }
}
