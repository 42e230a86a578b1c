/** What set a flag. Shape: `line` from 1; `file` as it was given. */
export type Origin =
  | { kind: 'flag' }
  | { kind: 'environment'; variable: string }
  | { kind: 'file'; file: string; line: number }
  | { kind: 'default' };

/** The origin in words: `theflash.toml:4`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return 'command line';
    case 'environment':
      return origin.variable;
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'default':
      return 'default';
  }
}
