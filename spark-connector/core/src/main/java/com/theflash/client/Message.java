package com.theflash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;

/**
 * A message as it came, whole.
 *
 * @param payload empty for messages without one; valid until the next message is read
 */
record Message(MessageType type, int streamId, ObjectNode fields, ByteBuffer payload) {}
