package com.theflash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.HexFormat;

/** A value in a filter: docs/protocol.md, "Filters". */
public record Literal(ObjectNode json) {
  /** NULL. */
  public static Literal ofNull() {
    return new Literal(Json.object().put("type", "null"));
  }

  public static Literal of(boolean value) {
    return new Literal(Json.object().put("type", "bool").put("value", value));
  }

  public static Literal of(long value) {
    return of("int", Long.toString(value));
  }

  public static Literal of(BigDecimal value) {
    return of(value.scale() <= 0 ? "int" : "decimal", value.toPlainString());
  }

  /** A float's exact value: widening keeps it. */
  public static Literal of(double value) {
    return of("float", Double.toString(value));
  }

  /** Text without half surrogate pairs, which have no UTF-8 form. */
  public static Literal of(String value) {
    return of("string", value);
  }

  public static Literal of(byte[] value) {
    return of("binary", HexFormat.of().formatHex(value));
  }

  /** Days since 1970-01-01. */
  public static Literal ofDate(int days) {
    return of("date", Integer.toString(days));
  }

  /** Microseconds since 1970 UTC. */
  public static Literal ofTimestamp(long micros) {
    return of("timestamp", Long.toString(micros));
  }

  /** A MySQL TIME, in microseconds. */
  public static Literal ofTime(long micros) {
    return of("time", Long.toString(micros));
  }

  private static Literal of(String type, String value) {
    return new Literal(Json.object().put("type", type).put("value", value));
  }
}
