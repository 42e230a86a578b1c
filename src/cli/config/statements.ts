import { parse, type TomlTable } from 'smol-toml';

/** Tables in tables have no meaning in a config file. */
const depthMax = 16;

/** Parses TOML. Shape: integers are bigint, floats are number. Errors: those of the parser. */
export function parseToml(text: string): TomlTable {
  return parse(text, { integersAsBigInt: true, maxDepth: depthMax });
}

/** What of a path a table of lines is asked by. */
export function pathKey(path: readonly string[]): string {
  return JSON.stringify(path);
}

/**
 * Finds where each key and table of a TOML document is written first.
 *
 * Shape: lines by `pathKey` of the path, from 1. `text` is one that the parser has taken as a whole.
 *
 * The parser tells no places. A statement of TOML is the fewest lines that parse by themselves, as a value that goes over
 * several lines does not end before its last one; so the document is cut by the parser itself.
 */
export function findLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const lines = text.split('\n');
  let header: readonly string[] = [];
  for (let start = 0; start < lines.length;) {
    const { values, end } = readStatement(lines, start);
    const isHeader = lines[start]?.trimStart().startsWith('[') === true;
    if (isHeader) header = [];
    for (const path of pathsIn(values)) {
      const key = pathKey([...header, ...path]);
      if (!found.has(key)) found.set(key, start + 1);
    }
    if (isHeader) header = pathsIn(values).at(-1) ?? [];
    start = end;
  }
  return found;
}

function readStatement(lines: readonly string[], start: number): { values: object; end: number } {
  for (let end = start + 1; ; end += 1) {
    try {
      return { values: parseToml(`${lines.slice(start, end).join('\n')}\n`), end };
    } catch (error) {
      if (end >= lines.length) throw error;
    }
  }
}

/** Each path of nested tables, the outer ones first; of an array of tables, those of the tables in it. */
function pathsIn(value: unknown): string[][] {
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsIn(inner).map((path) => [key, ...path]),
  ]);
}
