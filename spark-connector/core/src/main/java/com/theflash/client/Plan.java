package com.theflash.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A scan cut into splits.
 *
 * @param endpoint the server that made it, and alone reads its tickets
 * @param snapshot name of the snapshot that all splits read; null where each reads the newest state
 * @param schema of the rows
 * @param rows of the table, before the filter
 */
public record Plan(
    Endpoint endpoint, String snapshot, Schema schema, long rows, long bytes, List<Split> splits) {

  /**
   * A part of the scan.
   *
   * @param ticket opaque; can be read any number of times
   * @param rows before the filter, estimated
   */
  public record Split(String ticket, long rows) {}

  static Plan parse(Endpoint endpoint, JsonNode fields) throws FlashException {
    List<Split> splits = new ArrayList<>();
    for (JsonNode each : Json.list(fields, "splits")) {
      splits.add(new Split(Json.text(each, "ticket"), Json.integer(each, "rows")));
    }
    return new Plan(
        endpoint,
        Json.optionalText(fields, "snapshot"),
        parseSchema(Json.text(fields, "schema")),
        Json.integer(fields, "rows"),
        Json.integer(fields, "bytes"),
        List.copyOf(splits));
  }

  private static Schema parseSchema(String base64) throws FlashException {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return MessageSerializer.deserializeSchema(
          new ReadChannel(Channels.newChannel(new ByteArrayInputStream(bytes))));
    } catch (IOException | IllegalArgumentException error) {
      throw FlashException.ofProtocol("PLAN_OK has no Arrow schema: " + error.getMessage());
    }
  }
}
