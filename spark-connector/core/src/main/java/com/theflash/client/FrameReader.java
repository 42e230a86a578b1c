package com.theflash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Turns the bytes of one direction of one connection into messages, checked.
 *
 * <p>It holds one message at a time, in a buffer that the next one uses again. Nothing is allocated
 * before its size was compared with the bound. Not thread-safe.
 */
final class FrameReader {
  private final InputStream in;
  private final byte[] headerBytes = new byte[FrameFormat.HEADER_BYTES];
  private final ByteBuffer header = ByteBuffer.wrap(headerBytes).order(ByteOrder.LITTLE_ENDIAN);
  private final int messageBytesMax;
  private int bodyBytesMax;
  private boolean checksum = true;
  private int sequence;
  private byte[] buffer = new byte[FrameFormat.LOGIN_BODY_BYTES_MAX];

  /**
   * @param bodyBytesMax what was announced as frameBytesMax
   * @param messageBytesMax bounds a payload that comes in several frames
   */
  FrameReader(InputStream in, int bodyBytesMax, int messageBytesMax) {
    this.in = in;
    this.bodyBytesMax = bodyBytesMax;
    this.messageBytesMax = messageBytesMax;
  }

  void setBodyBytesMax(int bytes) {
    bodyBytesMax = bytes;
  }

  void setChecksum(boolean isOn) {
    checksum = isOn;
  }

  /**
   * Reads the next message.
   *
   * @throws FlashException PROTOCOL and TOO_LARGE, after which the connection can't go on
   * @throws EOFException where the socket ends
   */
  Message next() throws IOException {
    for (; ; ) {
      readBody(0);
      int code = headerBytes[4] & 0xff;
      MessageType type = MessageType.ofCode(code);
      if (type != null) {
        return assemble(type);
      }
    }
  }

  private Message assemble(MessageType type) throws IOException {
    int streamId = header.getInt(8);
    int metaBytes = Short.toUnsignedInt(header.getShort(6));
    boolean jsonBody = (headerBytes[5] & FrameFormat.FLAG_JSON_BODY) != 0;
    int end = header.getInt(0);
    ObjectNode fields = Json.decode(buffer, 0, jsonBody ? end : metaBytes);
    int start = jsonBody ? end : FrameFormat.padTo8(metaBytes);
    while ((headerBytes[5] & FrameFormat.FLAG_MORE) != 0) {
      int before = end;
      end += readBody(end);
      boolean goesOn =
          (headerBytes[4] & 0xff) == type.code()
              && header.getInt(8) == streamId
              && header.getShort(6) == 0
              && end > before;
      if (!goesOn) {
        throw FlashException.ofProtocol("A payload of " + type + " is interrupted");
      }
    }
    ByteBuffer payload = ByteBuffer.wrap(buffer, start, end - start).slice();
    if (payload.hasRemaining() && !type.hasPayload()) {
      throw FlashException.ofProtocol("A payload where none belongs, in " + type);
    }
    return new Message(type, streamId, fields, payload.order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Reads a frame's header, and its body into the buffer from {@code offset} on; gives its size.
   */
  private int readBody(int offset) throws IOException {
    readFully(headerBytes, 0, headerBytes.length);
    int bodyBytes = header.getInt(0);
    checkHeader(bodyBytes);
    if ((long) offset + bodyBytes > messageBytesMax) {
      throw FlashException.ofTooLarge("A message is larger than " + messageBytesMax + " bytes");
    }
    if (buffer.length < offset + bodyBytes) {
      int grown = (int) Math.min(messageBytesMax, Math.max(offset + bodyBytes, offset * 2L));
      buffer = Arrays.copyOf(buffer, grown);
    }
    readFully(buffer, offset, bodyBytes);
    if (checksum) {
      CRC32 sum = FrameFormat.startChecksum(sequence, headerBytes);
      sum.update(buffer, offset, bodyBytes);
      if ((int) sum.getValue() != header.getInt(12)) {
        throw FlashException.ofProtocol("Frame " + sequence + " fails its checksum");
      }
    }
    sequence += 1;
    return bodyBytes;
  }

  private void checkHeader(int bodyBytes) throws FlashException {
    if (Integer.compareUnsigned(bodyBytes, bodyBytesMax) > 0) {
      String size = Integer.toUnsignedString(bodyBytes);
      throw FlashException.ofTooLarge(
          "A frame of " + size + " bytes came, at most " + bodyBytesMax + " are taken");
    }
    int code = headerBytes[4] & 0xff;
    int flags = headerBytes[5] & 0xff;
    int metaBytes = Short.toUnsignedInt(header.getShort(6));
    if (MessageType.ofCode(code) == null && code < MessageType.OPTIONAL_MIN) {
      throw FlashException.ofProtocol("Unknown frame type " + code);
    }
    if ((flags & ~(FrameFormat.FLAG_MORE | FrameFormat.FLAG_JSON_BODY)) != 0) {
      throw FlashException.ofProtocol("Unknown frame flags " + flags);
    }
    if ((flags & FrameFormat.FLAG_JSON_BODY) != 0) {
      if (metaBytes != 0 || (flags & FrameFormat.FLAG_MORE) != 0) {
        throw FlashException.ofProtocol("A JSON body beside a meta part");
      }
    } else if (FrameFormat.padTo8(metaBytes) > bodyBytes) {
      throw FlashException.ofProtocol("A meta part of " + metaBytes + " bytes in " + bodyBytes);
    }
  }

  private void readFully(byte[] target, int offset, int length) throws IOException {
    int got = in.readNBytes(target, offset, length);
    if (got < length) {
      throw new EOFException("the connection ended");
    }
  }
}
