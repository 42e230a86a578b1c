import { FlashError } from '../../protocol/index.js';

/** The error for a row that can't be told from what the log holds of it. */
export class AbsentValuesError extends FlashError {
  /** What makes the source log such rows whole. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super('UNSUPPORTED', message, { hint: `${remedy}, and start from a new copy.` });
    this.remedy = remedy;
  }
}

/** Gives what mends the source where an error, or what it was made of, is for values that the log lacks. */
export function remedyOf(error: unknown): string | undefined {
  if (error instanceof AbsentValuesError) return error.remedy;
  return error instanceof FlashError ? remedyOf(error.cause) : undefined;
}
