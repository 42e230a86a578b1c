import type { Random } from '../../workload/random.js';

/*
 * Templates are SQL with marks: ⟦name⟧ may be quoted and escaped, ⟨expression⟩ may stand in brackets, words
 * in capitals are keywords, and every space may be any space or a comment. After ¦ comes data.
 */
const pieces = /⟦([^⟧]+)⟧|'([^']*)'|[⟨⟩]|(?<![A-Za-z])[A-Z]{2,}(?![A-Za-z_(])| |[^]/g;

/** What may stand for a space, as far as the engine at hand takes it for one. */
export const spaces: readonly string[] = [
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\f',
  '\v',
  '\u00a0',
  '\u0085',
  '\u1680',
  '\u2003',
  '\u200b',
  '\u2028',
  '\u202f',
  '\u205f',
  '\u2060',
  '\u3000',
  '\ufeff',
  '/**/',
  '/* INSERT INTO x VALUES */',
  '/* \' " ` */',
  '-- FORMAT CSV ; \n',
  '#! ; \n',
  '# VALUES\n',
];

/** The template as anybody would write it. */
export function plainOf(template: string): string {
  return template.replace(/[⟦⟧⟨⟩¦]/g, '');
}

/** The template in a way of writing that means the same to ClickHouse. */
export function disguise(template: string, random: Random, known: readonly string[]): string {
  const depths: number[] = [];
  const [head = '', data = ''] = template.split('¦');
  const text = head.replace(pieces, (piece, name?: string, quoted?: string) => {
    if (name !== undefined) return disguiseName(name, random);
    if (quoted !== undefined) return disguiseText(quoted, random);
    if (piece === ' ') return disguiseSpace(random, known);
    if (piece === '⟨') {
      depths.push(random.pick([0, 0, 1, 2]));
      return '('.repeat(depths.at(-1) ?? 0);
    }
    if (piece === '⟩') return ')'.repeat(depths.pop() ?? 0);
    return /^[A-Z]{2}/.test(piece) ? changeCase(piece, random) : piece;
  });
  return text + data;
}

function disguiseSpace(random: Random, known: readonly string[]): string {
  const count = random.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => known[random.int(0, known.length - 1)] ?? ' ').join(
    '',
  );
}

function changeCase(word: string, random: Random): string {
  return random.chance(50)
    ? word
    : Array.from(word, (each) => (random.chance(50) ? each.toLowerCase() : each)).join('');
}

function escapeSome(text: string, random: Random): string {
  return Array.from(text, (each) =>
    random.chance(30)
      ? `\\x${Buffer.from(each)
          .toString('hex')
          .replaceAll(/(..)(?=.)/g, '$1\\x')}`
      : each,
  ).join('');
}

function disguiseName(name: string, random: Random): string {
  const quote = random.pick(['', '`', '"'] as const);
  return quote === '' ? name : `${quote}${escapeSome(name, random)}${quote}`;
}

function disguiseText(text: string, random: Random): string {
  const turn = random.int(0, 3);
  if (turn === 0 && text !== '') return `x'${Buffer.from(text).toString('hex')}'`;
  if (turn === 1) return `$tag$${text}$tag$`;
  return `'${turn === 2 ? escapeSome(text, random) : text}'`;
}
