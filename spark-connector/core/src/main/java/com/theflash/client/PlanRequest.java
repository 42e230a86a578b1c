package com.theflash.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.util.List;

/**
 * What a scan is to give: docs/protocol.md, "Plans".
 *
 * @param columns in the order wanted; not looked at with an aggregate
 * @param filter null for all rows
 * @param aggregate null for rows
 * @param orderBy order within each split; empty for any
 * @param rowsMax most rows of each split; null for all
 * @param splitBytes aim for the compressed size of a split
 * @param snapshot name of a snapshot to read; null for one of the plan's own
 * @param changes null for rows; else without filter, aggregate, order and limit
 */
public record PlanRequest(
    String database,
    String table,
    List<String> columns,
    Filter filter,
    Aggregate aggregate,
    List<Order> orderBy,
    Long rowsMax,
    int splitsMin,
    int splitsMax,
    long splitBytes,
    String snapshot,
    Changes changes) {

  /** Most splits that a server makes. */
  public static final int SPLITS_MAX = 1024;

  /** A column to order by. */
  public record Order(String column, boolean descending) {}

  /**
   * What changed in the table, instead of its rows.
   *
   * @param after the version after which; 0 gives all rows
   * @param tableId UUID that the table must have; null for any
   */
  public record Changes(long after, String tableId) implements Serializable {}

  ObjectNode json() {
    ObjectNode json = Json.object().put("database", database).put("table", table);
    if (aggregate == null) {
      ArrayNode names = json.putArray("columns");
      columns.forEach(names::add);
    } else {
      json.set("aggregate", aggregate.json());
    }
    if (filter != null) {
      json.set("filter", filter.json());
    }
    if (!orderBy.isEmpty()) {
      ArrayNode order = json.putArray("orderBy");
      orderBy.forEach(
          each ->
              order.addObject().put("column", each.column()).put("descending", each.descending()));
    }
    if (rowsMax != null) {
      json.put("rowsMax", rowsMax);
    }
    json.put("splitsMin", splitsMin).put("splitsMax", splitsMax).put("splitBytes", splitBytes);
    if (snapshot != null) {
      json.put("snapshot", snapshot);
    }
    if (changes != null) {
      json.put("changesAfter", Long.toUnsignedString(changes.after()));
      if (changes.tableId() != null) {
        json.put("changesOf", changes.tableId());
      }
    }
    return json;
  }
}
