/** Gives the Content-Type of a ClickHouse format. */
export function contentTypeOf(format: string): string {
  const found = types.find(([pattern]) => pattern.test(format));
  return found === undefined ? 'application/octet-stream' : found[1];
}

/** Source: ClickHouse src/Processors/Formats/Impl, getContentType of each. */
const types: readonly (readonly [RegExp, string])[] = [
  [/^JSON.*EachRow/, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^(TabSeparated|TSV)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSVWith/, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [
    /^(Pretty|Vertical|Values|Markdown|SQLInsert|Template|CustomSeparated|TSKV|Raw$)/,
    'text/plain; charset=UTF-8',
  ],
];
