import { FlashError } from '../errors.js';
import { wireLimits } from './constants.js';
import { checkJson, type JsonLimit } from './json-limits.js';

/**
 * Reads the fields of a JSON object that came from elsewhere, each checked by hand. Fields that
 * nobody asks for are passed over: a newer side may send more.
 *
 * Errors: PROTOCOL, naming the message and the field.
 */
export class JsonFields {
  readonly #what: string;
  readonly #fields: object;

  constructor(what: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refuse(what, 'is no JSON object');
    }
    this.#what = what;
    this.#fields = value;
  }

  has(name: string): boolean {
    const value = this.value(name);
    return value !== undefined && value !== null;
  }

  text(name: string, lengthMax: number = wireLimits.nameBytesMax): string {
    const value = this.value(name);
    if (typeof value !== 'string') throw this.#refuse(name, 'is no text');
    if (value.length > lengthMax) {
      throw this.#refuse(name, `has ${value.length} characters, at most ${lengthMax} are allowed`);
    }
    return value;
  }

  optionalText(name: string, lengthMax?: number): string | undefined {
    return this.has(name) ? this.text(name, lengthMax) : undefined;
  }

  /** A text that may hold anything, bounded only by the message: SQL, a checkpoint. */
  longText(name: string): string {
    return this.text(name, wireLimits.jsonBytesMax);
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== 'boolean') throw this.#refuse(name, 'is neither true nor false');
    return value;
  }

  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw this.#refuse(name, 'is no whole number');
    }
    if (value < min || value > max) {
      throw this.#refuse(name, `is ${value}, not in ${min} to ${max}`);
    }
    return value;
  }

  optionalInteger(name: string, min: number, max?: number): number | undefined {
    return this.has(name) ? this.integer(name, min, max) : undefined;
  }

  /** A 64-bit number, which travels as decimal text because JSON's numbers end at 2^53. */
  unsigned64(name: string): bigint {
    const value = this.text(name);
    if (!/^\d{1,20}$/.test(value) || BigInt(value) > 0xffffffffffffffffn) {
      throw this.#refuse(name, 'is no unsigned 64-bit number in decimal text');
    }
    return BigInt(value);
  }

  list<Item>(name: string, countMax: number, parse: (item: unknown) => Item): readonly Item[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw this.#refuse(name, 'is no list');
    if (value.length > countMax) {
      throw this.#refuse(name, `has ${value.length} items, at most ${countMax} are allowed`);
    }
    return value.map((item: unknown) => parse(item));
  }

  texts(name: string, countMax: number): readonly string[] {
    return this.list(name, countMax, (item) => {
      if (typeof item === 'string' && item.length <= wireLimits.nameBytesMax) return item;
      throw this.#refuse(name, 'holds something else than short texts');
    });
  }

  /** All fields, for an object whose names are the sender's own: texts and nulls. */
  entries(countMax: number): Readonly<Record<string, string | null>> {
    const fields = Object.entries(this.#fields);
    if (fields.length > countMax) {
      throw refuse(this.#what, `has ${fields.length} fields, at most ${countMax} are allowed`);
    }
    const entries = fields.map(([name, value]: [string, unknown]): [string, string | null] => {
      if (value === null || typeof value === 'string') return [name, value];
      throw refuse(
        this.#what,
        'holds more than texts and nulls',
        `Look at "${name.slice(0, 40)}".`,
      );
    });
    return Object.fromEntries(entries);
  }

  /** The raw value of a field, for parsers of their own. */
  value(name: string): unknown {
    // A field's own, not what every object has, as `constructor`.
    return Object.hasOwn(this.#fields, name) ? Reflect.get(this.#fields, name) : undefined;
  }

  object(name: string): JsonFields {
    return new JsonFields(`${this.#what}.${name}`, this.value(name));
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.text(name);
    const found = choices.find((each) => each === value);
    if (found !== undefined) return found;
    throw this.#refuse(
      name,
      `is not one of ${choices.join(', ')}`,
      `It is "${value.slice(0, 40)}".`,
    );
  }

  #refuse(name: string, problem: string, hint?: string): FlashError {
    return refuse(`${this.#what}.${name}`, problem, hint);
  }
}

/**
 * Decodes JSON text; empty text is an empty object.
 *
 * Errors: PROTOCOL for what is no JSON, TOO_LARGE beyond the limit.
 */
export function parseJson(what: string, bytes: Uint8Array, limit: JsonLimit): unknown {
  checkJson(what, bytes, limit);
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new FlashError('PROTOCOL', `${what} holds no JSON text in UTF-8`, { cause: error });
  }
}

/** Encodes a message's fields as JSON text; those that are undefined are left out. */
export function encodeJson(fields: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(fields));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the client sent goes into the hint alone: messages stand in the server's log. */
function refuse(what: string, problem: string, hint?: string): FlashError {
  return new FlashError('PROTOCOL', `${what} ${problem}`, {
    hint: hint ?? 'The other side has a bug, or speaks another protocol.',
  });
}
