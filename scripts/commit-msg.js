// The commit-msg hook: `area: what it does now`, where the area is a folder of the repository.
// Git gives the file that holds the message as the only argument.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const subjectMax = 72;

/** What is wrong with a commit message; undefined where nothing is. */
export function findFault(message) {
  const lines = message.split('\n').filter((line) => !line.startsWith('#'));
  const subject = lines[0] ?? '';
  // Git writes these itself.
  if (/^(Merge|Revert|fixup!|squash!) /.test(subject)) return undefined;
  const area = /^([a-z0-9.-]+): \S/.exec(subject)?.[1];
  if (area === undefined) return 'the first line must be `area: what it does now`';
  if (!isArea(area)) return `"${area}" is no folder of the repository or of src/`;
  if (subject.length > subjectMax) {
    return `the first line has ${subject.length} characters, ${subjectMax} at most`;
  }
  if (subject.endsWith('.')) return 'the first line ends without a full stop';
  if ((lines[1] ?? '') !== '') return 'the second line must be empty';
  return undefined;
}

function isArea(name) {
  return ['.', 'src'].some((folder) => existsSync(path.join(root, folder, name, '.')));
}

const file = process.argv[2];
if (file !== undefined) {
  const fault = findFault(readFileSync(file, 'utf8'));
  if (fault !== undefined) {
    console.error(`commit message: ${fault}`);
    process.exitCode = 1;
  }
}
