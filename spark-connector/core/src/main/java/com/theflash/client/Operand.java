package com.theflash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A side of a comparison: a column or a literal. */
public sealed interface Operand permits Operand.Column, Operand.Value {
  /** Its JSON form. */
  ObjectNode json();

  /** A column of the table. */
  record Column(String name) implements Operand {
    @Override
    public ObjectNode json() {
      return Json.object().put("column", name);
    }
  }

  /** A literal. */
  record Value(Literal literal) implements Operand {
    @Override
    public ObjectNode json() {
      ObjectNode json = Json.object();
      json.set("literal", literal.json());
      return json;
    }
  }
}
