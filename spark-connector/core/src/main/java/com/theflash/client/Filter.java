package com.theflash.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A condition on rows, as the server evaluates it: the tree of docs/protocol.md, "Filters".
 *
 * @param json the tree
 * @param nodes how many nodes it has
 * @param depth how many levels
 * @param values how many values its {@code in} lists hold together
 */
public record Filter(ObjectNode json, int nodes, int depth, int values) {
  private static final int NODES_MAX = 10_000;
  private static final int DEPTH_MAX = 64;
  private static final int VALUES_MAX = 100_000;

  /** Whether a server takes it. */
  public boolean isWithinLimits() {
    return nodes <= NODES_MAX && depth <= DEPTH_MAX && values <= VALUES_MAX;
  }

  /** True for every row, or for none. */
  public static Filter constant(boolean value) {
    return leaf(op(value ? "true" : "false"), 0);
  }

  /** True where all are; no filters give true. */
  public static Filter and(List<Filter> filters) {
    return combine("and", filters);
  }

  /** True where one is; no filters give false. */
  public static Filter or(List<Filter> filters) {
    return combine("or", filters);
  }

  /** NULL where the filter is. */
  public static Filter not(Filter filter) {
    ObjectNode json = op("not");
    json.set("filter", filter.json);
    return new Filter(json, filter.nodes + 1, filter.depth + 1, filter.values);
  }

  /**
   * Compares two operands.
   *
   * @param op one of =, &lt;&gt;, &lt;, &lt;=, &gt;, &gt;=, &lt;=&gt;
   */
  public static Filter compare(String op, Operand left, Operand right) {
    ObjectNode json = op(op);
    json.set("left", left.json());
    json.set("right", right.json());
    return leaf(json, 0);
  }

  /** Whether the column is NULL; never NULL itself. */
  public static Filter isNull(String column) {
    return leaf(op("is-null").put("column", column), 0);
  }

  /** Whether the column is one of the values; NULL among them makes NULL of false. */
  public static Filter in(String column, List<Literal> values) {
    ObjectNode json = op("in").put("column", column);
    ArrayNode list = json.putArray("values");
    values.forEach(value -> list.add(value.json()));
    return leaf(json, values.size());
  }

  /**
   * Tests a text, by its bytes.
   *
   * @param op one of starts, ends, contains
   */
  public static Filter text(String op, String column, String text) {
    return leaf(op(op).put("column", column).put("text", text), 0);
  }

  private static Filter combine(String op, List<Filter> filters) {
    ObjectNode json = op(op);
    ArrayNode list = json.putArray("filters");
    int nodes = 1;
    int depth = 0;
    int values = 0;
    for (Filter each : filters) {
      list.add(each.json);
      nodes += each.nodes;
      depth = Math.max(depth, each.depth);
      values += each.values;
    }
    return new Filter(json, nodes, depth + 1, values);
  }

  private static ObjectNode op(String name) {
    return Json.object().put("op", name);
  }

  private static Filter leaf(ObjectNode json, int values) {
    return new Filter(json, 1, 1, values);
  }
}
