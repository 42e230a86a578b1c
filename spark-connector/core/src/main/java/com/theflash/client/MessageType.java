package com.theflash.client;

import java.util.HashMap;
import java.util.Map;

/** The frame types of docs/protocol.md, "Messages". */
enum MessageType {
  HELLO(0x01),
  HELLO_OK(0x02),
  AUTH(0x03),
  AUTH_OK(0x04),
  PING(0x05),
  PONG(0x06),
  GOAWAY(0x07),
  ERROR(0x08),
  TABLES(0x10),
  TABLES_OK(0x11),
  STATUS(0x12),
  STATUS_OK(0x13),
  CHECKPOINT(0x14),
  CHECKPOINT_OK(0x15),
  EXECUTE(0x16),
  EXECUTE_OK(0x17),
  QUERY(0x18),
  PLAN(0x20),
  PLAN_OK(0x21),
  SCAN(0x22),
  SCHEMA(0x23),
  BATCH(0x24),
  PROGRESS(0x25),
  END(0x26),
  CREDIT(0x27),
  CANCEL(0x28),
  OPENED(0x29),
  WRITE(0x30),
  WRITE_OK(0x31),
  RESERVE(0x32),
  RESERVE_OK(0x33),
  APPEND(0x34),
  APPEND_OK(0x35),
  COMMIT(0x36),
  COMMIT_OK(0x37),
  ABORT(0x38),
  ABORT_OK(0x39),
  RESOLVE(0x3a),
  RESOLVE_OK(0x3b),
  INSERT(0x3c),
  INSERT_OK(0x3d);

  /** Unknown types from here on are skipped; below they are errors. */
  static final int OPTIONAL_MIN = 0x80;

  private static final Map<Integer, MessageType> BY_CODE = new HashMap<>();

  static {
    for (MessageType type : values()) {
      BY_CODE.put(type.code, type);
    }
  }

  private final int code;

  MessageType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  boolean hasPayload() {
    return this == SCHEMA || this == BATCH || this == APPEND || this == INSERT;
  }

  /** Null for a code that this version does not know. */
  static MessageType ofCode(int code) {
    return BY_CODE.get(code);
  }
}
