import { SqlSyntaxError, type Token } from './tokenize.js';

/** Walks over the tokens of a statement. Words are compared in upper case, unquoted ones only. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #lowerCaseTableNames: boolean;
  #at: number;

  constructor(tokens: readonly Token[], lowerCaseTableNames = false) {
    this.#tokens = tokens;
    this.#lowerCaseTableNames = lowerCaseTableNames;
    this.#at = 0;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The token `ahead` of the next one, without taking it. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  take(): Token {
    const token = this.peek();
    if (token === undefined) throw this.error('the statement ends early');
    this.#at++;
    return token;
  }

  /** True, and the words are taken, if exactly these unquoted words come next. */
  accept(...words: string[]): boolean {
    if (!words.every((word, index) => isWord(this.peek(index), word))) return false;
    this.#at += words.length;
    return true;
  }

  /** Takes the one of these words that comes next. */
  acceptOneOf(...words: string[]): string | undefined {
    return words.find((word) => this.accept(word));
  }

  expect(...words: string[]): void {
    if (!this.accept(...words)) throw this.error(`${words.join(' ')} is expected`);
  }

  isNext(...words: string[]): boolean {
    return words.every((word, index) => isWord(this.peek(index), word));
  }

  /** True where an unquoted word comes anywhere in what is left. */
  holds(word: string): boolean {
    return this.#tokens.slice(this.#at).some((token) => isWord(token, word));
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at++;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.error(`"${symbol}" is expected`);
  }

  isSymbol(symbol: string): boolean {
    const token = this.peek();
    return token?.kind === 'symbol' && token.text === symbol;
  }

  /** Takes the name of a database or a table, as the server stores it. */
  storedName(): string {
    const name = this.name();
    return this.#lowerCaseTableNames ? name.toLowerCase() : name;
  }

  /** A table, column, charset or other name, quoted or not. */
  name(): string {
    const token = this.take();
    if (token.kind === 'word' || token.kind === 'quoted') return token.text;
    throw new SqlSyntaxError('a name is expected', token.start);
  }

  /** A charset, collation or engine name, which may be written as a string too. */
  nameOrString(): string {
    return this.peek()?.kind === 'string' ? this.string() : this.name();
  }

  /** A string; several, one after the other, are one: `'a' 'b'`. */
  string(): string {
    const token = this.take();
    if (token.kind !== 'string') throw new SqlSyntaxError('a string is expected', token.start);
    let { text } = token;
    while (this.peek()?.kind === 'string') text += this.take().text;
    return text;
  }

  /** Gives what `read` gives; where it can't read on, undefined, and nothing is taken. */
  attempt<T>(read: () => T): T | undefined {
    const start = this.#at;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SqlSyntaxError)) throw error;
      this.#at = start;
      return undefined;
    }
  }

  /** Takes `( … )` and gives its words with one space between them, names quoted. */
  parenthesisedText(): string {
    const start = this.#at;
    this.skipParenthesised();
    return this.#tokens
      .slice(start + 1, this.#at - 1)
      .map(({ kind, text }) => {
        if (kind === 'quoted') return `\`${text.replaceAll('`', '``')}\``;
        return kind === 'string' ? `'${text.replaceAll("'", "''")}'` : text;
      })
      .join(' ');
  }

  integer(): number {
    const token = this.take();
    const value = Number(token.text);
    if (token.kind === 'number' && Number.isSafeInteger(value)) return value;
    throw new SqlSyntaxError('a whole number is expected', token.start);
  }

  /** Takes `( … )`, brackets inside balanced, and whatever stands in it. */
  skipParenthesised(): void {
    this.expectSymbol('(');
    for (let depth = 1; depth > 0;) {
      const token = this.take();
      if (token.kind !== 'symbol') continue;
      if (token.text === '(') depth++;
      if (token.text === ')') depth--;
    }
  }

  /** Runs `readItem` for each item of a comma-separated list. */
  list(readItem: () => void): void {
    do readItem();
    while (this.acceptSymbol(','));
  }

  error(message: string): SqlSyntaxError {
    const token = this.peek() ?? this.#tokens.at(-1);
    const near = token === undefined ? 'an empty statement' : `"${token.text.slice(0, 40)}"`;
    return new SqlSyntaxError(`${message} near ${near}`, token?.start ?? 0);
  }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word;
}
