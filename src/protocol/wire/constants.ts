/**
 * The numbers of the wire protocol, version 1. docs/protocol.md is their specification; a test
 * compares the two.
 */

/** First bytes of the preface, before two version bytes. */
export const prefaceMagic = 'TFLASH';
export const prefaceBytes = 8;

/** Versions that this program speaks. */
export const versionMin = 1;
export const versionMax = 1;

export const headerBytes = 16;
/** Longest JSON that fits the header's meta length; longer JSON takes the whole body. */
export const metaBytesMax = 0xffff;

export const frameFlags = {
  /** The payload goes on in the next frame of the same type and stream. */
  more: 0x01,
  /** The whole body is the JSON meta part, which was too long for the meta length. */
  jsonBody: 0x02,
} as const;

export const frameTypes = {
  HELLO: 0x01,
  HELLO_OK: 0x02,
  AUTH: 0x03,
  AUTH_OK: 0x04,
  PING: 0x05,
  PONG: 0x06,
  GOAWAY: 0x07,
  ERROR: 0x08,
  TABLES: 0x10,
  TABLES_OK: 0x11,
  STATUS: 0x12,
  STATUS_OK: 0x13,
  CHECKPOINT: 0x14,
  CHECKPOINT_OK: 0x15,
  EXECUTE: 0x16,
  EXECUTE_OK: 0x17,
  QUERY: 0x18,
  PLAN: 0x20,
  PLAN_OK: 0x21,
  SCAN: 0x22,
  SCHEMA: 0x23,
  BATCH: 0x24,
  PROGRESS: 0x25,
  END: 0x26,
  CREDIT: 0x27,
  CANCEL: 0x28,
  OPENED: 0x29,
  WRITE: 0x30,
  WRITE_OK: 0x31,
  RESERVE: 0x32,
  RESERVE_OK: 0x33,
  APPEND: 0x34,
  APPEND_OK: 0x35,
  COMMIT: 0x36,
  COMMIT_OK: 0x37,
  ABORT: 0x38,
  ABORT_OK: 0x39,
  RESOLVE: 0x3a,
  RESOLVE_OK: 0x3b,
  INSERT: 0x3c,
  INSERT_OK: 0x3d,
} as const;

export type FrameTypeName = keyof typeof frameTypes;

/** Types from here on may be skipped by a receiver that does not know them. */
export const optionalTypeMin = 0x80;

/** What may not be exceeded before a limit is agreed on. Units: bytes, unless the name says else. */
export const wireLimits = {
  /** Largest frame body until HELLO_OK (and, with a token, until AUTH_OK). */
  loginFrameBytesMax: 16 * 1024,
  /** Bounds of what either side may announce as its `frameBytesMax`. */
  frameBytesMaxLowest: 64 * 1024,
  frameBytesMaxHighest: 1024 * 1024 * 1024,
  frameBytesMaxDefault: 64 * 1024 * 1024,
  /** Largest JSON text of a message. */
  jsonBytesMax: 16 * 1024 * 1024,
  /** Largest SCHEMA or BATCH message, put together from its frames. */
  messageBytesMax: 1024 * 1024 * 1024,
  filterDepthMax: 64,
  filterNodesMax: 10_000,
  filterValuesMax: 100_000,
  /** Longest text of a name, identifier or nonce in a message. */
  nameBytesMax: 1024,
} as const;

const namesByType = new Map<number, FrameTypeName>();
for (const name of typedKeys(frameTypes)) namesByType.set(frameTypes[name], name);

/** Gives the name of a frame type, or undefined for a number that version 1 has not. */
export function frameTypeName(type: number): FrameTypeName | undefined {
  return namesByType.get(type);
}

function typedKeys<Key extends string>(table: Readonly<Record<Key, unknown>>): readonly Key[] {
  const keys: Key[] = [];
  for (const key in table) keys.push(key);
  return keys;
}
