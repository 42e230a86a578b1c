import { type Answer } from '../../../protocol/index.js';

/** The beginning of a result, as texts. */
export interface ResultRows {
  names: readonly string[];
  types: readonly string[];
  /** Null for NULL. */
  rows: readonly (readonly (string | null)[])[];
  isWhole: boolean;
}

/** The format that `readFirstRows` takes: all values as exact texts, and NULL apart from them. */
export const previewFormat = 'TabSeparatedWithNamesAndTypes';

/**
 * Reads the first rows of an answer in `previewFormat`, as many as are whole in `bytesMax` bytes.
 *
 * Errors: those of the answer.
 */
export async function readFirstRows(
  answer: Pick<Answer, 'read'>,
  { rowsMax, bytesMax }: { rowsMax: number; bytesMax: number },
): Promise<ResultRows> {
  const bytes = Buffer.alloc(bytesMax);
  let length = 0;
  let lines = 0;
  let hasEnded = false;
  // The lines of names and types, and one more than is shown: it tells that there is more.
  while (lines < rowsMax + 3 && length < bytesMax && !hasEnded) {
    const more = await answer.read(bytes.subarray(length, length + pieceBytes));
    for (const byte of bytes.subarray(length, length + more)) if (byte === lineFeed) lines += 1;
    length += more;
    hasEnded = more === 0;
  }
  const text = bytes.toString('utf8', 0, length);
  const [names = '', types = '', ...rows] = text.split('\n').slice(0, -1);
  return {
    names: names.split('\t').map(unescape),
    types: types.split('\t').map(unescape),
    rows: rows.slice(0, rowsMax).map((row) => row.split('\t').map(readValue)),
    isWhole: hasEnded && rows.length <= rowsMax,
  };
}

const lineFeed = 10;
const pieceBytes = 64 * 1024;

function readValue(text: string): string | null {
  return text === '\\N' ? null : unescape(text);
}

/** Source: ClickHouse, "TabSeparated", Data Formatting. */
function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_whole, letter: string) => escapes.get(letter) ?? letter);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
]);
