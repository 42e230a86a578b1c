import type { AppendValue } from './append-value.js';
import type { JsonForm } from './json-form.js';
import { writeJsonText } from './json-text.js';

/** Appends a binary JSON value as text, in the form of the server that wrote the log. */
export function jsonAppender(form: JsonForm): AppendValue {
  return (target, row, source, start, end) => {
    writeJsonText(source.bytes, start, end, target.data, form);
    target.endValue(row);
  };
}
