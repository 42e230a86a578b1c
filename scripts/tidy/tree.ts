import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A file of the repository that git knows or would add. */
export interface RepoFile {
  /** Path from the root, with slashes. */
  path: string;
  sizeBytes: number;
  executable: boolean;
  /** Contents as text; undefined for a binary file. */
  text: string | undefined;
}

const root = path.resolve(import.meta.dirname, '../..');
const textMax = 2 << 20;

/** Reads the files of the repository, those that git ignores left out. */
export function readTree(): RepoFile[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return names.filter((name) => name !== '').flatMap(readFile);
}

function readFile(name: string): RepoFile[] {
  const file = path.join(root, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  // Removed and not yet committed.
  if (stat?.isFile() !== true) return [];
  const bytes = stat.size <= textMax ? readFileSync(file) : undefined;
  const isText = bytes !== undefined && !bytes.subarray(0, 8000).includes(0);
  return [
    {
      path: name,
      sizeBytes: stat.size,
      executable: (stat.mode & 0o111) !== 0,
      text: isText ? bytes.toString('utf8') : undefined,
    },
  ];
}
