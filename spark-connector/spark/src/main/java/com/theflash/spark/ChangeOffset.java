package com.theflash.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.sql.connector.read.streaming.Offset;

/** How far a stream of changes has come: to the state of a table that a snapshot keeps. */
final class ChangeOffset extends Offset {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final long version;
  private final String snapshot;
  private final String tableId;
  private final String state;

  /**
   * @param version that the snapshot is of; where it has no name, the version to begin after
   * @param snapshot null where the stream begins
   * @param tableId UUID of the table; null where it is not known yet
   * @param state what the server told of the table just before: see TableState
   */
  ChangeOffset(long version, String snapshot, String tableId, String state) {
    this.version = version;
    this.snapshot = snapshot;
    this.tableId = tableId;
    this.state = state;
  }

  static ChangeOffset parse(String json) {
    try {
      JsonNode fields = JSON.readTree(json);
      return new ChangeOffset(
          Long.parseLong(fields.path("version").asText()),
          fields.path("snapshot").textValue(),
          fields.path("table").textValue(),
          fields.path("state").textValue());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  long version() {
    return version;
  }

  String snapshot() {
    return snapshot;
  }

  String tableId() {
    return tableId;
  }

  String state() {
    return state;
  }

  @Override
  public String json() {
    ObjectNode fields = JSON.createObjectNode().put("version", Long.toString(version));
    return fields.put("snapshot", snapshot).put("table", tableId).put("state", state).toString();
  }
}
