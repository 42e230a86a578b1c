import { readTables, type ExternalTable } from './external-data.js';
import { formBoundary, readForm } from './form-data.js';
import { type QueryParameters } from './query-parameters.js';
import { statementBytes } from './statement-text.js';

/** What a request asks for: its address and its body together. */
export interface RequestStatement {
  statement: Buffer;
  /** For this statement alone. */
  tables: readonly ExternalTable[];
  settings: ReadonlyMap<string, string>;
}

/**
 * Reads the statement of the address and the body; of a body that is a form, also values, settings and
 * tables.
 *
 * Errors: as of `readForm` and `readTables`.
 */
export function readStatement(
  { query, values, settings }: QueryParameters,
  contentType: string | undefined,
  pieces: readonly Buffer[],
): RequestStatement {
  const boundary = formBoundary(contentType);
  if (boundary === undefined) {
    return { statement: statementBytes(query, pieces, values), tables: [], settings };
  }
  const { fields, files } = readForm(boundary, Buffer.concat(pieces));
  const all: Record<string, string> = { ...values };
  const described = new Map(settings);
  for (const [name, value] of fields) {
    const text = value.toString('utf8');
    if (name.startsWith('param_')) all[name.slice('param_'.length)] = text;
    else if (name !== 'query') described.set(name, text);
  }
  const statement = statementBytes(query + (fields.get('query')?.toString('utf8') ?? ''), [], all);
  return { statement, ...readTables(files, described) };
}
