/** Writes one entry of the server's log. Neither tokens, proofs, tickets, SQL text nor values of tables go in. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  fields?: Readonly<Record<string, string | number | boolean | undefined>>,
) => void;

/** Gives a log of JSON lines: `time` (ISO 8601, UTC), `level`, `event` and the entry's own fields. */
export function openJsonLog(write: (line: string) => void): Log {
  return (level, event, fields = {}) => {
    const time = new Date().toISOString();
    write(`${JSON.stringify({ time, level, event, ...fields })}\n`);
  };
}
