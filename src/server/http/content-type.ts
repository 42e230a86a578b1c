/** Gives the Content-Type of a ClickHouse format, in any case of letters. */
export function contentTypeOf(format: string): string {
  const found = types.find(([pattern]) => pattern.test(format));
  return found === undefined ? 'application/octet-stream' : found[1];
}

/** Source: ClickHouse src/Processors/Formats/Impl, getContentType of each. */
const types: readonly (readonly [RegExp, string])[] = [
  [/^JSON.*EachRow/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^(TabSeparated|TSV)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSVWith/i, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [
    /^(Pretty|Vertical|Values|Markdown|SQLInsert|Template|CustomSeparated|TSKV|Raw$)/i,
    'text/plain; charset=UTF-8',
  ],
];
