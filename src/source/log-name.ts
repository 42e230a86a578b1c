/** A log's base name and number: `binlog.000042` is number 42 of `binlog`. */
export interface LogName {
  base: string;
  number: number;
}

/** Splits a log file's name, or gives undefined for a name without a number after its last dot. */
export function parseLogName(name: string): LogName | undefined {
  const match = /^(.+)\.(\d{6,10})$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { base: match[1], number: Number(match[2]) };
}

/** Gives the name of the log that a server writes after this one. */
export function nextLogName(name: LogName): string {
  return `${name.base}.${String(name.number + 1).padStart(6, '0')}`;
}
