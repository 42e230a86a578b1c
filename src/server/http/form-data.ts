import { FlashError } from '../../protocol/index.js';

/** The fields of a body of multipart/form-data, by name. */
export type FormFields = ReadonlyMap<string, Buffer>;

/** What parts the fields of a body, where its Content-Type is that of a form; else undefined. */
export function formBoundary(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
      contentType ?? '',
    ) ?? [];
  return quoted ?? plain;
}

/**
 * Reads a body in which a client sends `query` and `param_…` as fields of a form, where they are too long
 * for an address.
 *
 * Errors: UNSUPPORTED for files, which are tables of the query's own in ClickHouse; INVALID_REQUEST.
 * Source: RFC 7578; ClickHouse, HTTP interface, "External data".
 */
export function readForm(boundary: string, body: Buffer): FormFields {
  const fields = new Map<string, Buffer>();
  // Each boundary stands at the beginning of a line, the first one maybe at that of the body.
  const text = Buffer.concat([lineEnd, body]);
  const mark = Buffer.from(`\r\n--${boundary}`);
  let at = text.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (text.subarray(start, start + 2).toString('latin1') === '--') return fields;
    at = text.indexOf(mark, start);
    const headEnd = text.indexOf('\r\n\r\n', start);
    if (at < 0 || headEnd < 0 || headEnd > at) break;
    const name = readName(text.subarray(start, headEnd).toString('latin1'));
    if (fields.size >= fieldsMax || fields.has(name))
      throw formError(`too many fields, or ${name} twice`);
    fields.set(name, text.subarray(headEnd + 4, at));
  }
  throw formError('it ends early');
}

function readName(head: string): string {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(head)?.[1] ?? '';
  const name = /;\s*name="([^"\r\n]*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw formError('a field has no name');
  if (!/;\s*filename\*?=/i.test(disposition)) {
    if (name === 'query' || name.startsWith('param_'))
      return Buffer.from(name, 'latin1').toString();
  }
  throw new FlashError('UNSUPPORTED', `External data (${name.slice(0, 80)}) is not supported`, {
    hint: 'INSERT it into a table of its own, and join that.',
  });
}

function formError(why: string): FlashError {
  return new FlashError('INVALID_REQUEST', `The body is no form: ${why}`, {
    hint: 'Send the fields query and param_… as multipart/form-data, each once.',
  });
}

const lineEnd = Buffer.from('\r\n');
const fieldsMax = 10_000;
