/** A word of a command as people paste it into a shell. */
export function quoteForShell(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
