import type { LogInput } from '../protocol/index.js';

/** A log whose name is known, or has been given one. */
export interface NamedLog {
  name: string;
  input: LogInput;
}
