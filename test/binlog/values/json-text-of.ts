import type { ExecutionContext } from 'ava';
import { ByteSink } from '../../../src/binlog/columns/byte-sink.js';
import { applyJsonDiff } from '../../../src/binlog/values/json-diff.js';
import { jsonFormMysql80, type JsonForm } from '../../../src/binlog/values/json-form.js';
import { writeJsonText } from '../../../src/binlog/values/json-text.js';

/** The text of a binary JSON value, as a string. */
export function jsonTextOf(value: Uint8Array, form: JsonForm = jsonFormMysql80): string {
  const sink = new ByteSink();
  writeJsonText(value, 0, value.length, sink, form);
  return textIn(sink);
}

/** The text after differences, as a string. */
export function updatedTextOf(before: Uint8Array, diffs: Uint8Array): string {
  const sink = new ByteSink();
  applyJsonDiff(before, diffs, sink);
  return textIn(sink);
}

/** The seed of a random test: `SEED` of the environment, or a new one; logged either way. */
export function randomSeed(t: ExecutionContext): number {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.log(`SEED=${String(seed)}`);
  return seed;
}

function textIn(sink: ByteSink): string {
  return Buffer.from(sink.bytes.subarray(0, sink.length)).toString('utf8');
}
