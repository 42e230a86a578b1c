import { fstatSync } from 'node:fs';

/** What stdout is: `file` where it is a regular one and empty, so that what is written is the whole of it. */
export type StdoutKind = 'terminal' | 'file' | 'pipe';

/** Looks at stdout, as the caller's shell has set it up. */
export function stdoutKind(): StdoutKind {
  if (process.stdout.isTTY) return 'terminal';
  try {
    const found = fstatSync(process.stdout.fd);
    return found.isFile() && found.size === 0 ? 'file' : 'pipe';
  } catch {
    // A closed one: writing to it tells.
    return 'pipe';
  }
}
