import path from 'node:path';
import type { RepoFile } from './tree.js';

/**
 * Includes of native/src point down only. A folder, or a file that lies beside the folders, may
 * include what its list names; the lists go from the top down, and name nothing from above.
 */
export const mayInclude: Readonly<Record<string, readonly string[]>> = {
  api: ['query', 'write', 'engine', 'folder', 'sandbox', 'binlog', 'base'],
  query: ['write', 'engine', 'store', 'session', 'sandbox', 'arrow', 'sql', 'base'],
  write: ['engine', 'store', 'session', 'arrow', 'sql', 'base'],
  engine: ['folder', 'store', 'session', 'sandbox', 'sql', 'base'],
  folder: ['store', 'session', 'sql', 'base'],
  store: ['session', 'arrow', 'sql', 'base'],
  session: ['sandbox', 'base'],
  sandbox: ['base'],
  arrow: ['base'],
  sql: [],
  binlog: [],
  base: [],
};

const sources = 'native/src/';

/** Not in native/src: the C ABI's header in native/include, and what build-ch makes of ch-patches. */
const fromOutside = ['theflash.h', 'theflash_overlay.h'];

/** Rules about native/, in the form of `treeRules`. */
export const nativeRules: Record<string, (files: readonly RepoFile[]) => string[]> = {
  'includes of native/src point down': findIncludesUp,
};

function findIncludesUp(files: readonly RepoFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  return files
    .filter((file) => file.path.startsWith(sources) && /\.(cc|c|h)$/.test(file.path))
    .flatMap((file) => {
      const layer = layerOf(file.path.slice(sources.length));
      const allowed = mayInclude[layer];
      if (allowed === undefined) return [`${file.path}: no rule knows ${layer}`];
      return includesOf(file)
        .map((target) => faultOf(target, [layer, ...allowed], known))
        .filter((fault) => fault !== undefined)
        .map((fault) => `${file.path}: ${fault}`);
    });
}

function includesOf({ text = '' }: RepoFile): string[] {
  const found = [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm)];
  return found.map((match) => match[1] ?? '').filter((target) => !fromOutside.includes(target));
}

function faultOf(
  target: string,
  allowed: readonly string[],
  known: ReadonlySet<string>,
): string | undefined {
  // One name for each header: else a rule, and a reader, would have to know the compiler's folders.
  if (path.posix.normalize(target) !== target || !known.has(sources + target))
    return `"${target}" is no path from ${sources}`;
  return allowed.includes(layerOf(target)) ? undefined : `may not include "${target}"`;
}

/** `store` of `store/ledger.h`, `engine` of `engine.h`. */
function layerOf(file: string): string {
  return file.split('/')[0]?.replace(/\.\w+$/, '') ?? '';
}
