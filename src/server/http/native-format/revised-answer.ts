import { FlashError, type Answer, type AnswerSummary } from '../../../protocol/index.js';
import { ByteWindow, type Steps } from './byte-window.js';
import { columnForm, type ColumnForm } from './column-form.js';

/**
 * From this version on clients get Native as they name it, before it as of version 0: clickhouse-connect names 54405,
 * sees that it gets version 0, and then reads all types, while some can't be revised.
 */
export const revisionMin = 54_454;

/**
 * An answer in the format Native, with what `client_protocol_version` adds: a head before each block, and a
 * byte before each column. libchdb writes version 0 alone.
 *
 *     version 0:                 columns, rows | name, type |     data | …
 *     54454:        1 0 2 -1 0 | columns, rows | name, type | 0 | data | …
 *
 * Errors: as the answer's own; UNSUPPORTED for columns of some types.
 * Source: ClickHouse src/Formats/NativeWriter.cpp, src/Core/BlockInfo.cpp.
 */
export class RevisedAnswer implements Answer {
  readonly #answer: Answer;
  readonly #window = new ByteWindow();
  readonly #steps: Steps;
  readonly #forms = new Map<string, ColumnForm>();
  #isWhole = true;
  #ready: Buffer = Buffer.alloc(0);

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#steps = this.#blocks();
  }

  async read(buffer: Uint8Array): Promise<number> {
    while (this.#ready.length === 0) {
      const length = await this.#answer.read(buffer);
      if (length === 0) {
        if (this.#isWhole) return 0;
        throw new FlashError('INTERNAL', 'The engine ended an answer inside of a block');
      }
      this.#window.feed(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      this.#steps.next();
      this.#ready = this.#window.taken();
    }
    const length = Math.min(buffer.length, this.#ready.length);
    buffer.set(this.#ready.subarray(0, length));
    this.#ready = this.#ready.subarray(length);
    return length;
  }

  summary(): Promise<AnswerSummary> {
    return this.#answer.summary();
  }

  close(): Promise<void> {
    return this.#answer.close();
  }

  *#blocks(): Steps {
    for (;;) {
      this.#isWhole = this.#window.isEmpty;
      while (this.#window.isEmpty) yield;
      this.#isWhole = false;
      this.#window.put(blockHead);
      yield* this.#block();
    }
  }

  *#block(): Steps {
    const window = this.#window;
    const columns = yield* window.readVarint();
    const rows = yield* window.readVarint();
    for (let column = 0; column < columns; column += 1) {
      yield* window.readText();
      const form = this.#formOf(yield* window.readText());
      window.put(plainKind);
      if (rows === 0) continue;
      yield* form.prefix(window);
      yield* form.rows(window, rows);
    }
  }

  #formOf(type: string): ColumnForm {
    const form = this.#forms.get(type) ?? columnForm(type);
    this.#forms.set(type, form);
    return form;
  }
}

/** Field 1: is_overflows, false; field 2: bucket_num, -1; the end. */
const blockHead = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);

/** Not sparse, not detached. */
const plainKind = Buffer.of(0);
