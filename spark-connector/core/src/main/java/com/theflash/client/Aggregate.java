package com.theflash.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Partial results that each split gives instead of rows: docs/protocol.md, "Aggregates".
 *
 * @param groupBy columns; empty for one row of each split
 */
public record Aggregate(List<String> groupBy, List<Function> functions) {

  /**
   * A column of the result.
   *
   * @param function one of countRows, count, min, max, sum
   * @param column null of countRows
   * @param as its name
   */
  public record Function(String function, String column, String as) {}

  ObjectNode json() {
    ObjectNode json = Json.object();
    ArrayNode names = json.putArray("groupBy");
    groupBy.forEach(names::add);
    ArrayNode list = json.putArray("functions");
    for (Function each : functions) {
      ObjectNode function = list.addObject().put("function", each.function());
      if (each.column() != null) {
        function.put("column", each.column());
      }
      function.put("as", each.as());
    }
    return json;
  }
}
