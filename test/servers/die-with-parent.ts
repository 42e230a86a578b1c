import { firstExisting } from './program.js';

/**
 * What to put before a command so that the kernel ends it when this process is killed; nothing
 * where the machine has no setpriv.
 */
export function dieWithParent(): string[] {
  const setpriv = firstExisting(['/usr/bin/setpriv', '/bin/setpriv']);
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
}
