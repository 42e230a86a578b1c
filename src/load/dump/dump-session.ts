import type { Position } from '../../protocol/index.js';

/** Charsets of a dump in which no byte of a character looks like a quote or a backslash. */
const plainCharset =
  /^(?:utf8|utf8mb3|utf8mb4|ascii|latin\d|cp\d+|koi8[ru]|greek|hebrew|armscii8|mac\w+|dec8|hp8|tis620|geostd8|keybcs2)$/;
const multiByteCodePages = /^cp932$/;

/** What the statements and comments of a dump have said so far about the values in it. */
export class DumpSession {
  /** The place in the source's logs as of which the rows are. */
  position: Position | undefined;
  gtidSet = '';
  /** Of the server that was dumped, as `10.11.6-MariaDB`. */
  serverVersion: string | undefined;
  /** The database of a dump that names it in its first lines alone. */
  headerDatabase: string | undefined;
  charset: string | undefined;
  timeZone: string | undefined;
  /** `--where`: the dump has some of the rows. */
  condition: string | undefined;
  /** Tables of which the dump has rows, or says that it dumps them. */
  hasRowSections = false;
  sqlMode = '';
  /** The last statement was the one that ends every dump. */
  isComplete = false;
  /** A second position that differs: two dumps in one file. */
  hasTwoPositions = false;

  /** Takes note of a comment between statements. */
  readComment(text: string): void {
    this.serverVersion ??= /^-- Server version\s+(\S+)/.exec(text)?.[1];
    this.headerDatabase ??= /^-- Host:.*\sDatabase: (\S+)\s*$/.exec(text)?.[1];
    if (/^-- (?:Dumping|ORDER BY).*/m.test(text) && /data for table/i.test(text))
      this.hasRowSections = true;
    this.condition ??= /^-- WHERE:\s+(.*)$/m.exec(text)?.[1];
    this.#readPosition(text);
  }

  /** Takes note of a SET or of where replication would begin. */
  readSetting(text: string): void {
    this.#readPosition(text);
    const charset = /\bSET\s+NAMES\s+'?(\w+)/i.exec(text)?.[1];
    if (charset !== undefined) this.charset = charset.toLowerCase();
    const zone = /(?<![@\w])(?:@@(?:SESSION\.)?)?TIME_ZONE\s*=\s*('[^']*'|@\w+)/i.exec(text)?.[1];
    if (zone !== undefined) this.timeZone = zone.startsWith("'") ? zone.slice(1, -1) : undefined;
    const mode = /(?<![@\w])SQL_MODE\s*=\s*('[^']*'|@\w+)/i.exec(text)?.[1];
    if (mode !== undefined) this.sqlMode = mode.startsWith("'") ? mode.slice(1, -1) : '';
    this.isComplete =
      /(?<![@\w])(?:SQL_NOTES\s*=\s*@OLD_SQL_NOTES|NOTE_VERBOSITY\s*=\s*@OLD_NOTE_VERBOSITY)/i.test(
        text,
      );
  }

  get isMariadb(): boolean {
    return /mariadb/i.test(this.serverVersion ?? '');
  }

  get ansiQuotes(): boolean {
    return /\bANSI/i.test(this.sqlMode);
  }

  get noBackslashEscapes(): boolean {
    return /\bNO_BACKSLASH_ESCAPES\b/i.test(this.sqlMode);
  }

  /** Whether the bytes of the dump can be read one by one. */
  get hasPlainCharset(): boolean {
    const charset = this.charset ?? '';
    return plainCharset.test(charset) && !multiByteCodePages.test(charset);
  }

  #readPosition(text: string): void {
    const found =
      /\b(?:MASTER|SOURCE)_LOG_FILE\s*=\s*'([^']+)'\s*,\s*(?:MASTER|SOURCE)_LOG_POS\s*=\s*(\d+)/i.exec(
        text,
      );
    if (found?.[1] !== undefined) {
      const position = { file: found[1], offset: Number(found[2]) };
      const known = this.position;
      if (
        known !== undefined &&
        (known.file !== position.file || known.offset !== position.offset)
      ) {
        this.hasTwoPositions = true;
      }
      this.position = position;
    }
    const gtids =
      /\bGTID_PURGED\s*=\s*(?:\/\*!80000\s*'\+'\s*\*\/\s*)?'([^']*)'/i.exec(text)?.[1] ??
      /\bgtid_slave_pos\s*=\s*'([^']*)'/i.exec(text)?.[1];
    if (gtids !== undefined) this.gtidSet = gtids.replace(/^\+/, '').replace(/\s+/g, '');
  }
}

/** Whether every character of a column's charset has a code in the dump's. */
export function holdsCharset(dump: string, column: string): boolean {
  if (dump === 'utf8mb4' || column === dump || column === 'ascii') return true;
  if (dump !== 'utf8' && dump !== 'utf8mb3') return false;
  return !['utf8mb4', 'utf16', 'utf16le', 'utf32', 'gb18030'].includes(column);
}
