import { isJsonContainer, JsonContainer, jsonFormatError, jsonTypes } from './json-layout.js';
import { checkJsonDepth, type JsonTextWriter } from './json-text.js';

/** A part of a document that is still as it was: binary, in a buffer. */
export interface BinaryNode {
  kind: 'binary';
  source: Uint8Array;
  type: number;
  start: number;
  end: number;
}

/**
 * An object or array that was opened for a change.
 *
 * Shape: a number stands for the entry of that index in `container`, so that opening costs a few
 * bytes an entry whatever lies in it. Entries of objects are ordered by key, as MySQL orders them:
 * by length, then by bytes.
 */
export interface OpenNode {
  kind: 'open';
  source: Uint8Array;
  container: JsonContainer;
  entries: (number | JsonEntry)[];
}

/** An entry that was changed or is new; `key` is empty in an array. */
export interface JsonEntry {
  key: Uint8Array;
  value: JsonNode;
}

export type JsonNode = BinaryNode | OpenNode;

const nullLiteral = Uint8Array.of(0);

/** The node of a whole binary JSON value; an empty one is the literal null, as the server has it. */
export function rootNode(source: Uint8Array, start: number, end: number): BinaryNode {
  if (start === end) {
    return { kind: 'binary', source: nullLiteral, type: jsonTypes.literal, start: 0, end: 1 };
  }
  return { kind: 'binary', source, type: source[start] ?? 0, start: start + 1, end };
}

/**
 * Opens binary containers, one level at a time, so that only what lies on the way of a change does.
 *
 * Errors: `BINLOG_FORMAT` for broken bytes, and when more entries come out than the documents have
 * bytes, which only entries that share their values can do.
 */
export class JsonOpener {
  private entriesLeft: number;

  constructor(entriesMax: number) {
    this.entriesLeft = entriesMax;
  }

  /** The node opened when it is a binary container; else the node itself. */
  open(node: JsonNode): JsonNode {
    if (node.kind === 'open' || !isJsonContainer(node.type)) return node;
    const container = new JsonContainer(node.source, node.type, node.start, node.end);
    this.entriesLeft -= container.count;
    if (this.entriesLeft < 0) throw jsonFormatError('its parts overlap');
    const entries: (number | JsonEntry)[] = [];
    for (let index = 0; index < container.count; index++) entries.push(index);
    return { kind: 'open', source: node.source, container, entries };
  }
}

/** Where `name` is among the keys of an object, or where it belongs: `-1 - index`. */
export function findKey(node: OpenNode, name: Uint8Array): number {
  let low = 0;
  let high = node.entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(keyAt(node, middle), name);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** The value of an entry; undefined where there is none. */
export function valueAt(node: OpenNode, index: number): JsonNode | undefined {
  const entry = node.entries[index];
  if (typeof entry !== 'number') return entry?.value;
  node.container.readValue(entry);
  const { valueType: type, valueStart: start, valueEnd: end } = node.container;
  return { kind: 'binary', source: node.source, type, start, end };
}

/** Puts a value in place of that of an entry. */
export function replaceValue(node: OpenNode, index: number, value: JsonNode): void {
  node.entries[index] = { key: keyAt(node, index), value };
}

/** Writes a document, changed or not, as text. */
export function writeNode(writer: JsonTextWriter, node: JsonNode, depth: number): void {
  if (node.kind === 'binary') {
    writer.writeValue(node.source, node.type, node.start, node.end, depth);
    return;
  }
  checkJsonDepth(depth + 1);
  const { isObject } = node.container;
  writer.sink.writeByte(isObject ? 0x7b : 0x5b);
  for (let index = 0; index < node.entries.length; index++) {
    if (index > 0) writer.writeComma();
    writeEntry(writer, node, index, depth + 1);
  }
  writer.sink.writeByte(isObject ? 0x7d : 0x5d);
}

function writeEntry(writer: JsonTextWriter, node: OpenNode, index: number, depth: number): void {
  const { container, source } = node;
  const entry = node.entries[index] ?? 0;
  if (typeof entry === 'number') {
    if (container.isObject) {
      container.readKey(entry);
      writer.writeKey(source, container.keyStart, container.keyEnd);
    }
    container.readValue(entry);
    const { valueType, valueStart, valueEnd } = container;
    writer.writeValue(source, valueType, valueStart, valueEnd, depth);
    return;
  }
  if (container.isObject) writer.writeKey(entry.key, 0, entry.key.length);
  writeNode(writer, entry.value, depth);
}

function keyAt(node: OpenNode, index: number): Uint8Array {
  const entry = node.entries[index] ?? 0;
  if (typeof entry !== 'number') return entry.key;
  if (!node.container.isObject) return node.source.subarray(0, 0);
  node.container.readKey(entry);
  return node.source.subarray(node.container.keyStart, node.container.keyEnd);
}

function compareKeys(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return left.length - right.length;
  for (let at = 0; at < left.length; at++) {
    const order = (left[at] ?? 0) - (right[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}
