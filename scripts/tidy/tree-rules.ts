import path from 'node:path';
import type { RepoFile } from './tree.js';

/** Rules that look at the whole tree. Each gives a line for each fault. */
export const treeRules: Record<string, (files: readonly RepoFile[]) => string[]> = {
  'every source file is reached by a test of its own area': findUntested,
  'every patch is in the series, and the series has no other': checkSeries,
  'links and files that the docs name exist': checkDocs,
};

function findUntested(files: readonly RepoFile[]): string[] {
  const texts = new Map(files.map((file) => [file.path, file.text ?? '']));
  const sources = files.filter((file) => /^src\/.*\.ts$/.test(file.path) && hasCode(file));
  const areas = new Set(sources.map((file) => areaOf(file.path)));
  const reached = new Map([...areas].map((area) => [area, reachedFrom(area, texts)]));
  return (
    sources
      // Commands are run by the tests in processes of their own, which imports do not show.
      .filter((file) => !file.path.startsWith('src/commands/'))
      .filter((file) => reached.get(areaOf(file.path))?.has(file.path) !== true)
      .map((file) => `${file.path}: no test in test/${areaOf(file.path)}/ imports it`)
  );
}

function areaOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function hasCode(file: RepoFile): boolean {
  if (file.path.endsWith('/index.ts')) return false;
  return /^export (async )?(function|const|class|abstract class)|^class /m.test(file.text ?? '');
}

/** Every file that the tests of an area import, themselves or through other files. */
function reachedFrom(area: string, texts: ReadonlyMap<string, string>): Set<string> {
  const reached = new Set<string>();
  const queue = [...texts.keys()].filter((name) => name.startsWith(`test/${area}/`));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...importsOf(name, texts.get(name) ?? '').filter((target) => texts.has(target)));
  }
  return reached;
}

function importsOf(file: string, text: string): string[] {
  const names = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return names.map((name) =>
    path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts'),
  );
}

function checkSeries(files: readonly RepoFile[]): string[] {
  const series = files.find((file) => file.path === 'ch-patches/series');
  if (series === undefined) return ['ch-patches/series is missing'];
  const lines = (series.text ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim());
  const listed = new Set(lines.filter((line) => line !== ''));
  const folders = new Set(
    files.flatMap((file) => /^ch-patches\/([^/]+)\/patch\.json$/.exec(file.path)?.[1] ?? []),
  );
  return [
    ...[...listed].filter((name) => !folders.has(name)).map((name) => `${name} has no folder`),
    ...[...folders].filter((name) => !listed.has(name)).map((name) => `${name} is not in series`),
  ];
}

const repoFolders = 'bench|bin|ch-patches|docs|native|scripts|spark-connector|src|test';
const namedFile = new RegExp(`(?<![\\w./-])((?:${repoFolders})/[\\w./-]*[\\w/])`, 'g');

function checkDocs(files: readonly RepoFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  for (const file of files) {
    const parts = file.path.split('/');
    for (let length = 1; length < parts.length; length += 1)
      known.add(parts.slice(0, length).join('/'));
  }
  return files.flatMap((file) => {
    if (file.text === undefined) return [];
    const wanted = file.path.endsWith('.md') ? markdownTargets(file) : docsNamedInCode(file);
    const missing = wanted.filter((target) => !known.has(target.replace(/\/$/, '')));
    return [...new Set(missing)].map((target) => `${file.path} names ${target}`);
  });
}

function markdownTargets({ path: file, text = '' }: RepoFile): string[] {
  // Commands and their output stand in fenced blocks, where files may be the user's own.
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const links = [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
  const relative = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => path.posix.join(path.posix.dirname(file), link));
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...relative, ...spans.flatMap(filesNamed)];
}

function docsNamedInCode({ path: file, text = '' }: RepoFile): string[] {
  if (!/\.(ts|js|cc|h|c|java)$/.test(file)) return [];
  return filesNamed(text).filter((name) => /^docs\/.*\.md$/.test(name));
}

/** Paths of the repository in a text; not those with a placeholder or a pattern after them. */
function filesNamed(text: string): string[] {
  return [...text.matchAll(namedFile)]
    .filter((match) => !/^[*<{…]/.test(text.slice(match.index + match[0].length)))
    .map((match) => match[1] ?? '')
    .filter((name) => !/\b(NAME|FILE|x)\b/.test(name));
}
