package com.theflash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Turns messages into bytes, for one direction of one connection. Not thread-safe. */
final class FrameWriter {
  private static final byte[] NO_META = new byte[0];

  private final OutputStream out;
  private int bodyBytesMax = FrameFormat.LOGIN_BODY_BYTES_MAX;
  private boolean checksum = true;
  private int sequence;

  FrameWriter(OutputStream out) {
    this.out = out;
  }

  /** Largest frame body that the other side takes. */
  void setBodyBytesMax(int bytes) {
    bodyBytesMax = bytes;
  }

  /** False leaves checksums out from the next message on. */
  void setChecksum(boolean isOn) {
    checksum = isOn;
  }

  /** Writes the preface: the magic letters, and the versions that are spoken. */
  void writePreface(int versionMin, int versionMax) throws IOException {
    out.write("TFLASH".getBytes(StandardCharsets.US_ASCII));
    out.write(versionMin);
    out.write(versionMax);
  }

  void write(MessageType type, int streamId, ObjectNode fields) throws IOException {
    write(type, streamId, fields, null);
  }

  /** Writes a message and sends it off. A payload that is larger than a frame is cut. */
  void write(MessageType type, int streamId, ObjectNode fields, ByteBuffer payload)
      throws IOException {
    byte[] meta = Json.encode(fields);
    if (payload == null) {
      writeFrame(type, streamId, false, meta, ByteBuffer.allocate(0));
    } else {
      ByteBuffer rest = payload.duplicate();
      byte[] head = meta;
      do {
        int room = bodyBytesMax - FrameFormat.padTo8(head.length);
        ByteBuffer piece = rest.duplicate();
        piece.limit(piece.position() + Math.min(room, rest.remaining()));
        rest.position(piece.limit());
        writeFrame(type, streamId, rest.hasRemaining(), head, piece);
        head = NO_META;
      } while (rest.hasRemaining());
    }
    out.flush();
  }

  private void writeFrame(
      MessageType type, int streamId, boolean more, byte[] meta, ByteBuffer payload)
      throws IOException {
    boolean jsonBody = meta.length > FrameFormat.META_BYTES_MAX;
    int metaBytes = jsonBody ? meta.length : FrameFormat.padTo8(meta.length);
    int bodyBytes = metaBytes + payload.remaining();
    if (bodyBytes > bodyBytesMax || meta.length > FrameFormat.JSON_BODY_BYTES_MAX) {
      throw FlashException.ofTooLarge(
          type + " has " + meta.length + " bytes of JSON, more than the server takes");
    }
    byte[] body = new byte[bodyBytes];
    System.arraycopy(meta, 0, body, 0, meta.length);
    payload.get(body, metaBytes, payload.remaining());
    int flags = (more ? FrameFormat.FLAG_MORE : 0) | (jsonBody ? FrameFormat.FLAG_JSON_BODY : 0);
    ByteBuffer header =
        ByteBuffer.allocate(FrameFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(bodyBytes).put((byte) type.code()).put((byte) flags);
    header.putShort((short) (jsonBody ? 0 : meta.length)).putInt(streamId);
    if (checksum) {
      CRC32 sum = FrameFormat.startChecksum(sequence, header.array());
      sum.update(body, 0, body.length);
      header.putInt((int) sum.getValue());
    }
    sequence += 1;
    out.write(header.array());
    out.write(body);
  }
}
