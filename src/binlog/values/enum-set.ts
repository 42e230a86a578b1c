import { badValue, type AppendValue } from './append-value.js';
import type { ByteSink } from '../columns/byte-sink.js';

const comma = 44;

/**
 * Appends ENUM: the index of a member from 1, one or two bytes little-endian, as the member's text.
 * Index 0 is the empty string that MySQL stores for a value that is no member.
 *
 * Source: MySQL 9.7 sql/field.cc, Field_enum::val_str.
 */
export function enumAppender(members: readonly string[]): AppendValue {
  const texts = memberTexts(members);
  const empty = new Uint8Array(0);
  return (target, row, source, start, end) => {
    const index =
      end - start === 1 ? source.view.getUint8(start) : source.view.getUint16(start, true);
    const text = index === 0 ? empty : texts[index - 1];
    if (text === undefined) throw badValue(`ENUM member ${index} of ${texts.length}`);
    appendText(target.data, text);
    target.endValue(row);
  };
}

/**
 * Appends SET: a bit for each member, 1 to 8 bytes little-endian, as the members' texts with commas.
 * A comma follows text alone: an empty member that comes first leaves no trace, as on the server.
 *
 * Source: MySQL 9.7 sql/field.cc, Field_set::val_str.
 */
export function setAppender(members: readonly string[]): AppendValue {
  const texts = memberTexts(members);
  return (target, row, source, start, end) => {
    const data = target.data;
    const begin = data.length;
    for (let bit = 0; bit < (end - start) * 8; bit++) {
      if ((source.view.getUint8(start + (bit >> 3)) & (1 << (bit & 7))) === 0) continue;
      const text = texts[bit];
      if (text === undefined) throw badValue(`SET member ${bit + 1} of ${texts.length}`);
      if (data.length > begin) data.writeByte(comma);
      appendText(data, text);
    }
    target.endValue(row);
  };
}

/** Bytes of an ENUM value with this many members. */
export function enumBytes(memberCount: number): 1 | 2 {
  return memberCount < 256 ? 1 : 2;
}

/** Bytes of a SET value with this many members. */
export function setBytes(memberCount: number): 1 | 2 | 3 | 4 | 8 {
  if (memberCount <= 8) return 1;
  if (memberCount <= 16) return 2;
  if (memberCount <= 24) return 3;
  return memberCount <= 32 ? 4 : 8;
}

function appendText(data: ByteSink, text: Uint8Array): void {
  data.reserve(text.length);
  const bytes = data.bytes;
  let at = data.length;
  for (const byte of text) bytes[at++] = byte;
  data.length = at;
}

function memberTexts(members: readonly string[]): Uint8Array[] {
  const encoder = new TextEncoder();
  return members.map((member) => encoder.encode(member));
}
