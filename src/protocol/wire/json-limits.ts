import { FlashError } from '../errors.js';
import { wireLimits, type FrameTypeName } from './constants.js';

/**
 * What the JSON text of a message may be. It is checked before the text is parsed, because a parser
 * takes far more time and memory for many or nested values than the text itself is worth.
 */
export interface JsonLimit {
  bytesMax: number;
  /** Levels of objects and lists, the message's own object being the first. */
  depthMax: number;
  /** Values, counted by the commas and the brackets that open. */
  valuesMax: number;
}

/** What a client sends of each type: room for what version 1 says, and for fields of newer clients. */
const login: JsonLimit = { bytesMax: 8 * 1024, depthMax: 8, valuesMax: 100 };
const names: JsonLimit = { bytesMax: 64 * 1024, depthMax: 8, valuesMax: 1000 };
const text: JsonLimit = { ...names, bytesMax: wireLimits.jsonBytesMax };
/** Each parameter is one value. */
const statement: JsonLimit = { ...text, valuesMax: 12_000 };
/** A level of a filter is an object in a list; a value of an `in` list is an object of two fields. */
const plan: JsonLimit = {
  bytesMax: wireLimits.jsonBytesMax,
  depthMax: 2 * wireLimits.filterDepthMax + 16,
  valuesMax: 8 * wireLimits.filterNodesMax + 3 * wireLimits.filterValuesMax + 60_000,
};
/** What a server sends is as large as its catalog. */
const answer: JsonLimit = { ...text, depthMax: 16, valuesMax: wireLimits.jsonBytesMax };

/** The types that clients send, and the bounds of their JSON. */
export const clientJsonLimits: Readonly<Partial<Record<FrameTypeName, JsonLimit>>> = {
  HELLO: login,
  AUTH: login,
  PING: login,
  PONG: login,
  TABLES: names,
  STATUS: names,
  CHECKPOINT: names,
  EXECUTE: statement,
  QUERY: statement,
  PLAN: plan,
  SCAN: text,
  CREDIT: names,
  CANCEL: names,
  WRITE: names,
  RESERVE: names,
  APPEND: names,
  COMMIT: text,
  ABORT: names,
  RESOLVE: names,
  INSERT: names,
};

/** Gives the bounds of a message's JSON where the receiver takes any type. */
export function jsonLimitOf(name: FrameTypeName): JsonLimit {
  return clientJsonLimits[name] ?? answer;
}

/**
 * Checks size, depth and count of a JSON text, in one pass and without parsing it. Whether it is
 * JSON at all is the parser's to find.
 *
 * Errors: TOO_LARGE, naming the message and the bound.
 */
export function checkJson(what: string, json: Uint8Array, limit: JsonLimit): void {
  if (json.length > limit.bytesMax) {
    throw tooLarge(what, `has ${json.length} bytes`, `${limit.bytesMax} bytes`);
  }
  let depth = 0;
  let values = 1;
  const texts = new TextSkipper(json);
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) {
      at = texts.endOf(at + 1);
      if (texts.escapes > escapesMax) {
        throw tooLarge(what, `has more than ${escapesMax} escaped characters`, `${escapesMax}`);
      }
    } else if (byte === comma) {
      values += 1;
    } else if (byte === openList || byte === openObject) {
      values += 1;
      depth += 1;
      if (depth > limit.depthMax) {
        throw tooLarge(what, `is nested deeper than ${limit.depthMax}`, `${limit.depthMax} levels`);
      }
    } else if (byte === closeList || byte === closeObject) {
      depth -= 1;
    }
    if (values > limit.valuesMax) {
      throw tooLarge(what, `has more than ${limit.valuesMax} values`, `${limit.valuesMax}`);
    }
  }
}

/** In all texts of a message: each costs a parser as much as ten other characters. */
const escapesMax = 1_000_000;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Finds where texts end: byte by byte at first, then by the search that the runtime has for long ones. */
class TextSkipper {
  readonly #json: Uint8Array;
  /** The next ones that the search found; those before the place where it stands are of no use. */
  #quoteAt = -1;
  #backslashAt = -1;
  escapes = 0;

  constructor(json: Uint8Array) {
    this.#json = json;
  }

  /** Gives the place of the closing quote of a text that begins at `from`, or the end of all. */
  endOf(from: number): number {
    const json = this.#json;
    let at = from;
    let nearEnd = at + nearBytes;
    while (at < json.length) {
      if (at >= nearEnd) {
        at = this.#search(at);
        if (at >= json.length || json[at] === quote) return at;
      }
      const byte = json[at];
      if (byte === quote) return at;
      if (byte === backslash) {
        // What is escaped ends no text, a quote least of all.
        this.escapes += 1;
        at += 1;
        nearEnd = at + nearBytes;
      }
      at += 1;
    }
    return json.length;
  }

  /** The next quote or backslash from there on. */
  #search(from: number): number {
    if (this.#quoteAt < from) this.#quoteAt = this.#find(quote, from);
    if (this.#backslashAt < from) this.#backslashAt = this.#find(backslash, from);
    return Math.min(this.#quoteAt, this.#backslashAt);
  }

  #find(byte: number, from: number): number {
    const found = this.#json.indexOf(byte, from);
    return found < 0 ? this.#json.length : found;
  }
}

/** A search of the runtime's costs as much as so many bytes here. */
const nearBytes = 32;

function tooLarge(what: string, problem: string, most: string): FlashError {
  return new FlashError('TOO_LARGE', `The JSON of ${what} ${problem}`, {
    hint: `At most ${most} are taken: send less at once.`,
  });
}
