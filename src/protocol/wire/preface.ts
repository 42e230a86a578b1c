import { FlashError } from '../errors.js';
import { prefaceBytes, prefaceMagic, versionMax, versionMin } from './constants.js';

/** The versions that a side speaks, both ends included. */
export interface VersionRange {
  min: number;
  max: number;
}

/**
 * Encodes what a client sends first, once a connection.
 *
 * ```
 * +----+----+----+----+----+----+---------+---------+
 * | T  | F  | L  | A  | S  | H  | min (1) | max (1) |
 * +----+----+----+----+----+----+---------+---------+
 * ```
 */
export function encodePreface(
  range: VersionRange = { min: versionMin, max: versionMax },
): Uint8Array {
  const preface = new Uint8Array(prefaceBytes);
  preface.set(magicBytes);
  preface[6] = range.min;
  preface[7] = range.max;
  return preface;
}

/**
 * Decodes the 8 bytes of a preface.
 *
 * Errors: PROTOCOL when they are something else.
 */
export function decodePreface(bytes: Uint8Array): VersionRange {
  if (bytes.length !== prefaceBytes || !startsLikePreface(bytes)) {
    throw new FlashError('PROTOCOL', 'The client does not speak the TheFlash protocol', {
      hint: 'Connect with `--engine tcp://host:port` of theflash, or another client of this protocol.',
    });
  }
  return { min: bytes[6] ?? 0, max: bytes[7] ?? 0 };
}

/** False once `bytes`, the first of a connection, can't become a preface any more. */
export function startsLikePreface(bytes: Uint8Array): boolean {
  return magicBytes.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/**
 * Gives the version that both sides speak, the newest where there are several.
 *
 * Errors: VERSION where there is none.
 */
export function chooseVersion(client: VersionRange): number {
  const version = Math.min(client.max, versionMax);
  if (client.min <= client.max && version >= Math.max(client.min, versionMin)) return version;
  const side = client.min > versionMax ? 'server' : 'client';
  throw new FlashError(
    'VERSION',
    `The client speaks versions ${client.min} to ${client.max} of the TheFlash protocol, ` +
      `the server ${versionMin} to ${versionMax}`,
    { hint: `Update the ${side}.` },
  );
}

const magicBytes = new TextEncoder().encode(prefaceMagic);
