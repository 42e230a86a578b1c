import { FlashError } from '../../protocol/index.js';
import type { ByteSink } from '../columns/byte-sink.js';
import { jsonFormMysql80, type JsonForm } from './json-form.js';
import { jsonDepthMax, jsonFormatError, readUint16, readUint32 } from './json-layout.js';
import { parseJsonPath, type JsonPathLeg } from './json-path.js';
import { jsonTextMax, JsonTextWriter } from './json-text.js';
import {
  findKey,
  JsonOpener,
  rootNode,
  replaceValue,
  valueAt,
  writeNode,
  type JsonNode,
  type OpenNode,
} from './json-tree.js';

/** Entries that inserts and removals in one value may move on or back; two seconds of work. */
const movesMax = 2 ** 28;

const noKey = new Uint8Array(0);

type JsonDiff =
  | { operation: 'replace' | 'insert'; path: JsonPathLeg[]; value: JsonNode }
  | { operation: 'remove'; path: JsonPathLeg[] };

/**
 * Appends, as text, the JSON value that partial-update differences make out of the value before.
 *
 * Shape: `before` is the binary JSON column of the before image; `diffs` what the partial column of
 * the after image holds after its 4-byte length. Empty `diffs` leave the value as it was.
 * Errors: `BINLOG_FORMAT` for broken bytes, and for a difference that does not fit the value before
 * (the server stops its replica there too, with ER_COULD_NOT_APPLY_JSON_DIFF). `UNSUPPORTED` when
 * inserts and removals would move over 2^28 entries.
 * Guarantee: bounded as `writeJsonText` is, by the sizes of `before` and `diffs`.
 * Source: MySQL 9.7 sql-common/json_diff.cc, read_binary and apply_json_diff.
 */
export function applyJsonDiff(
  before: Uint8Array,
  diffs: Uint8Array,
  sink: ByteSink,
  form: JsonForm = jsonFormMysql80,
): void {
  const size = before.length + diffs.length;
  const document = new JsonDocument(rootNode(before, 0, before.length), new JsonOpener(size));
  const reader = new JsonDiffReader(diffs);
  for (let diff = reader.next(); diff !== undefined; diff = reader.next()) document.apply(diff);
  writeNode(new JsonTextWriter(sink, form, jsonTextMax(size)), document.root, 0);
}

/**
 * Reads differences one by one.
 *
 * ```text
 *  ┌───────────┬─────────────┬──────┬──────────────┬─────────────┐
 *  │ operation │ path length │ path │ value length │ binary JSON │
 *  │ 1         │ 1-9         │      │ 1-9          │             │
 *  └───────────┴─────────────┴──────┴──────────────┴─────────────┘
 * ```
 * Operations: 0 replace, 1 insert, 2 remove, which has no value. Lengths are the protocol's packed
 * integers.
 */
class JsonDiffReader {
  private readonly source: Uint8Array;
  private at = 0;

  constructor(source: Uint8Array) {
    this.source = source;
  }

  next(): JsonDiff | undefined {
    if (this.at >= this.source.length) return undefined;
    const code = this.source[this.at++] ?? 0;
    const pathEnd = this.readEnd();
    const path = parseJsonPath(this.source, this.at, pathEnd);
    this.at = pathEnd;
    if (path.length === 0) throw jsonFormatError('a JSON difference replaces the whole value');
    switch (code) {
      case 0:
        return { operation: 'replace', path, value: this.readValue() };
      case 1:
        return { operation: 'insert', path, value: this.readValue() };
      case 2:
        return { operation: 'remove', path };
      default:
        throw jsonFormatError(`unknown JSON difference ${String(code)}`);
    }
  }

  private readValue(): JsonNode {
    const end = this.readEnd();
    const value = rootNode(this.source, this.at, end);
    this.at = end;
    return value;
  }

  /** Reads a packed length; gives the end of what it measures, which starts at `at`. */
  private readEnd(): number {
    const first = this.source[this.at++] ?? 0xfb;
    let size = first;
    if (first === 0xfc) size = readUint16(this.source, this.at);
    else if (first === 0xfd) size = readUint32(this.source, this.at) % 0x100_0000;
    else if (first === 0xfe) {
      size =
        readUint32(this.source, this.at) + readUint32(this.source, this.at + 4) * 0x1_0000_0000;
    } else if (first > 0xfa) throw jsonFormatError('a JSON difference has a bad length');
    if (first === 0xfc) this.at += 2;
    else if (first === 0xfd) this.at += 3;
    else if (first === 0xfe) this.at += 8;
    if (size > this.source.length - this.at) {
      throw jsonFormatError('a JSON difference ends early');
    }
    return this.at + size;
  }
}

/** A document under change. A path never matches a scalar as if it were an array of one. */
class JsonDocument {
  root: JsonNode;
  private readonly opener: JsonOpener;
  private moves = 0;

  constructor(root: JsonNode, opener: JsonOpener) {
    this.root = root;
    this.opener = opener;
  }

  apply(diff: JsonDiff): void {
    const last = diff.path.pop();
    if (last === undefined || diff.path.length >= jsonDepthMax) throw misfit(diff.operation);
    const parent = this.seek(diff);
    if (parent.container.isObject !== (last.kind === 'member')) throw misfit(diff.operation);
    if (diff.operation !== 'replace') this.countMoves(parent);
    if (last.kind === 'member') applyToMember(parent, last.name, diff);
    else applyToItem(parent, last, diff);
  }

  /** A million removals from an array of a million would take hours; no server logs that. */
  private countMoves(parent: OpenNode): void {
    this.moves += parent.entries.length;
    if (this.moves > movesMax) {
      throw new FlashError(
        'UNSUPPORTED',
        'JSON differences move too many entries of a large value',
        { hint: "Set binlog_row_value_options='' on the source and copy the table anew." },
      );
    }
  }

  /** Opens the containers on the way of the path and gives the last. */
  private seek(diff: JsonDiff): OpenNode {
    let node = this.opener.open(this.root);
    this.root = node;
    for (const leg of diff.path) {
      const index = node.kind === 'open' ? locate(node, leg) : -1;
      const child = node.kind === 'open' ? valueAt(node, index) : undefined;
      if (node.kind !== 'open' || child === undefined) throw misfit(diff.operation);
      const opened = this.opener.open(child);
      if (opened !== child) replaceValue(node, index, opened);
      node = opened;
    }
    if (node.kind !== 'open') throw misfit(diff.operation);
    return node;
  }
}

/** The index of the entry that a leg leads to; one outside the entries where there is none. */
function locate(node: OpenNode, leg: JsonPathLeg): number {
  if (node.container.isObject !== (leg.kind === 'member')) return -1;
  return leg.kind === 'member' ? findKey(node, leg.name) : itemIndex(leg, node.entries.length);
}

function applyToMember(parent: OpenNode, name: Uint8Array, diff: JsonDiff): void {
  const found = findKey(parent, name);
  if (found >= 0 === (diff.operation === 'insert')) throw misfit(diff.operation);
  switch (diff.operation) {
    case 'replace':
      replaceValue(parent, found, diff.value);
      return;
    case 'insert':
      parent.entries.splice(-1 - found, 0, { key: name, value: diff.value });
      return;
    case 'remove':
      parent.entries.splice(found, 1);
  }
}

function applyToItem(
  parent: OpenNode,
  leg: { index: number; fromEnd: boolean },
  diff: JsonDiff,
): void {
  const { entries } = parent;
  const index = itemIndex(leg, entries.length);
  if (diff.operation === 'insert') {
    // After the end appends, before the start prepends: Json_array_index::position.
    const at = Math.min(Math.max(index, 0), entries.length);
    entries.splice(at, 0, { key: noKey, value: diff.value });
    return;
  }
  if (index < 0 || index >= entries.length) throw misfit(diff.operation);
  if (diff.operation === 'replace') replaceValue(parent, index, diff.value);
  else entries.splice(index, 1);
}

function itemIndex(leg: { index: number; fromEnd: boolean }, count: number): number {
  return leg.fromEnd ? count - 1 - leg.index : leg.index;
}

function misfit(operation: string): Error {
  return jsonFormatError(`a JSON difference (${operation}) does not fit the value before`);
}
