import { FlashError, type Engine } from '../../../src/protocol/index.js';

/** All that a text of SQL gives back: rows as bytes, or the error with its hint. */
export async function answerOf(engine: Engine, sql: string): Promise<string> {
  let answer = '';
  try {
    for await (const { bytes } of await engine.query(sql)) {
      answer += Buffer.from(bytes).toString('latin1');
    }
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    answer += `${error.message} ${error.hint ?? ''}`;
  }
  return answer;
}
