package com.theflash.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** The JSON part of messages. Fields that the protocol promises and that are missing are errors. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Gives the bytes of an object; none stand for {@code {}}. */
  static byte[] encode(ObjectNode fields) throws IOException {
    return fields.isEmpty() ? new byte[0] : MAPPER.writeValueAsBytes(fields);
  }

  static ObjectNode decode(byte[] bytes, int offset, int length) throws FlashException {
    if (length == 0) {
      return object();
    }
    try {
      if (MAPPER.readTree(bytes, offset, length) instanceof ObjectNode fields) {
        return fields;
      }
    } catch (IOException error) {
      throw FlashException.ofProtocol("A message is no JSON: " + error.getMessage());
    }
    throw FlashException.ofProtocol("A message is no JSON object");
  }

  static String text(JsonNode fields, String name) throws FlashException {
    JsonNode value = fields.get(name);
    if (value != null && value.isTextual()) {
      return value.textValue();
    }
    throw FlashException.ofProtocol("The field " + name + " is no text: " + value);
  }

  /** Null where it is missing. */
  static String optionalText(JsonNode fields, String name) throws FlashException {
    return isMissing(fields, name) ? null : text(fields, name);
  }

  static long integer(JsonNode fields, String name) throws FlashException {
    JsonNode value = fields.get(name);
    if (value != null && value.isIntegralNumber() && value.canConvertToLong()) {
      return value.longValue();
    }
    throw FlashException.ofProtocol("The field " + name + " is no integer: " + value);
  }

  static boolean flag(JsonNode fields, String name) throws FlashException {
    JsonNode value = fields.get(name);
    if (value != null && value.isBoolean()) {
      return value.booleanValue();
    }
    throw FlashException.ofProtocol("The field " + name + " is neither true nor false: " + value);
  }

  static JsonNode list(JsonNode fields, String name) throws FlashException {
    JsonNode value = fields.get(name);
    if (value != null && value.isArray()) {
      return value;
    }
    throw FlashException.ofProtocol("The field " + name + " is no list: " + value);
  }

  static boolean isMissing(JsonNode fields, String name) {
    JsonNode value = fields.get(name);
    return value == null || value.isNull();
  }
}
