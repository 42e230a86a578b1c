/** How one thing stands. */
export interface Finding {
  /** What was looked at: a stable name. */
  check: string;
  status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  what: string;
  /** What to type, or to do; null where all is well. */
  mend: string | null;
}

export function ok(check: string, what: string): Finding {
  return { check, status: 'ok', what, mend: null };
}

/** It works, and may surprise later. */
export function warn(check: string, what: string, mend: string): Finding {
  return { check, status: 'warn', what, mend };
}

/** It does not work so. */
export function fail(check: string, what: string, mend: string): Finding {
  return { check, status: 'fail', what, mend };
}
