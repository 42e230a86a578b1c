/** A type's name and what stands in its brackets. Names of a tuple's members are left out. */
export interface TypeName {
  name: string;
  arguments: readonly TypeName[];
}

/** Takes a type's name apart, as `Map(String, Array(Nullable(Decimal(10, 2))))`. */
export function readType(text: string): TypeName {
  const open = text.indexOf('(');
  if (open === -1) return { name: text.trim(), arguments: [] };
  const name = text.slice(0, open).trim();
  const list = splitList(text.slice(open + 1, text.lastIndexOf(')')));
  // Members of an Enum, zones and precisions are of no matter.
  return { name, arguments: list.map((each) => readType(withoutMemberName(each))) };
}

/** At the commas that stand in no bracket and no quotes. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(begin, index));
      begin = index + 1;
    }
  }
  parts.push(text.slice(begin));
  return parts.filter((part) => part.trim() !== '');
}

const tokens = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[(),]/gs;

/** `a Nullable(String)` and `` `a b` String `` are members of a tuple. */
function withoutMemberName(text: string): string {
  const [, rest] = /^\s*(?:`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*)\s+([A-Z][^]*)$/s.exec(text) ?? [];
  return rest ?? text;
}
