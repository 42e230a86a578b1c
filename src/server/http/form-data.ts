import { FlashError } from '../../protocol/index.js';

/** What a body of multipart/form-data holds, by name: what has the name of a file, and what has none. */
export interface Form {
  fields: ReadonlyMap<string, Buffer>;
  files: ReadonlyMap<string, Buffer>;
}

/** What parts the fields of a body, where its Content-Type is that of a form; else undefined. */
export function formBoundary(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
      contentType ?? '',
    ) ?? [];
  return quoted ?? plain;
}

/**
 * Reads a body in which a client sends what is too long for an address, as fields of a form, and tables
 * for its query alone, as files.
 *
 * Errors: INVALID_REQUEST.
 * Source: RFC 7578; ClickHouse, HTTP interface, "External data".
 */
export function readForm(boundary: string, body: Buffer): Form {
  const form = { fields: new Map<string, Buffer>(), files: new Map<string, Buffer>() };
  // Each boundary stands at the beginning of a line, the first one maybe at that of the body.
  const text = Buffer.concat([lineEnd, body]);
  const mark = Buffer.from(`\r\n--${boundary}`);
  let at = text.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (text.subarray(start, start + 2).toString('latin1') === '--') return form;
    at = text.indexOf(mark, start);
    const headEnd = text.indexOf('\r\n\r\n', start);
    if (at < 0 || headEnd < 0 || headEnd > at) break;
    const { name, isFile } = readHead(text.subarray(start, headEnd).toString('latin1'));
    const { fields, files } = form;
    if (fields.size + files.size >= fieldsMax || fields.has(name) || files.has(name)) {
      throw formError(`too many fields, or ${name.slice(0, 80)} twice`);
    }
    (isFile ? files : fields).set(name, text.subarray(headEnd + 4, at));
  }
  throw formError('it ends early');
}

function readHead(head: string): { name: string; isFile: boolean } {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(head)?.[1] ?? '';
  const name = /;\s*name="([^"\r\n]*)"/i.exec(disposition)?.[1] ?? '';
  if (name === '') throw formError('a field has no name');
  const isFile = /;\s*filename\*?=/i.test(disposition);
  return { name: Buffer.from(name, 'latin1').toString(), isFile };
}

function formError(why: string): FlashError {
  return new FlashError('INVALID_REQUEST', `The body is no form: ${why}`, {
    hint: 'Send the fields query and param_…, and files, as multipart/form-data, each once.',
  });
}

const lineEnd = Buffer.from('\r\n');
const fieldsMax = 10_000;
