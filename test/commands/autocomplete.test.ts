// Goal: a shell completes commands and flags. Method: a real bash, with the set-up that the user is told to take.
import path from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { temporaryFolder } from '../e2e/cli.js';

const cli = path.resolve(import.meta.dirname, '../../bin/run.js');

test('bash completes commands and flags', async (t) => {
  const home = temporaryFolder(t);
  const env = { HOME: home, XDG_CACHE_HOME: path.join(home, 'cache') };
  await execa('node', [cli, 'autocomplete', 'bash'], { env });
  const setUp = await execa('node', [cli, 'autocomplete', 'script', 'bash'], { env });
  const complete = async (...words: readonly string[]): Promise<string[]> => {
    const script = `
      complete() { [ "$1" = -F ] || builtin complete "$@"; [ "$1" = -F ] && completer=$2; builtin complete "$@"; }
      ${setUp.stdout}
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
      $completer "$1" "\${COMP_WORDS[COMP_CWORD]}" ''
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await execa('bash', ['-c', script, 'bash', ...words], { env });
    return stdout.split('\n').map((word) => word.trim());
  };
  t.deepEqual(await complete('theflash', 'ver'), ['verify']);
  t.true((await complete('theflash', 'scan', '--')).includes('--format'));
  t.true((await complete('theflash', 'write', '--bin')).includes('--binlog'));
});
