package com.theflash.client;

import java.util.zip.CRC32;

/**
 * What both directions of a connection share.
 *
 * <pre>
 *  0        4     5      6           8            12           16
 *  +--------+-----+------+-----------+------------+------------+======================+=========+
 *  | body   |type |flags | meta      | stream     | crc32      | meta, zeros to 8     | payload |
 *  | u32    | u8  | u8   | u16       | u32        | u32        |                      |         |
 *  +--------+-----+------+-----------+------------+------------+======================+=========+
 * </pre>
 *
 * Source: docs/protocol.md, "Frames". Little-endian.
 */
final class FrameFormat {
  static final int HEADER_BYTES = 16;
  static final int FLAG_MORE = 1;
  static final int FLAG_JSON_BODY = 2;
  static final int META_BYTES_MAX = 65_535;
  static final int LOGIN_BODY_BYTES_MAX = 16_384;
  static final int JSON_BODY_BYTES_MAX = 16_777_216;

  private FrameFormat() {}

  static int padTo8(int bytes) {
    return (bytes + 7) & ~7;
  }

  /** The checksum of a frame: its number in its direction, 12 bytes of its header, its body. */
  static CRC32 startChecksum(int sequence, byte[] header) {
    CRC32 sum = new CRC32();
    sum.update(sequence & 0xff);
    sum.update((sequence >>> 8) & 0xff);
    sum.update((sequence >>> 16) & 0xff);
    sum.update((sequence >>> 24) & 0xff);
    sum.update(header, 0, 12);
    return sum;
  }
}
