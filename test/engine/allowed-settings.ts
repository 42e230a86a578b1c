import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../src/build/index.js';

export const patchFolder = path.join(projectRoot, 'ch-patches', 'allowed-settings');

/** Settings that ch.so puts into statements itself; the SQL layer refuses them to users. */
export const ownSettings = ['asterisk_include_materialized_columns', 'final', 'query_cache_tag'];

export interface AllowedSettings {
  query: readonly string[];
  table: readonly string[];
}

/** The settings that statements may set: of queries, and of tables. */
export async function readAllowed(): Promise<AllowedSettings> {
  const text = await readFile(path.join(patchFolder, 'allowed.txt'), 'utf8');
  const section = (name: string): string[] => {
    const found = new RegExp(`^\\[${name}\\]$([^[]*)`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`allowed.txt has no [${name}]`);
    return found.split('\n').filter((line) => line !== '');
  };
  return { query: section('query'), table: section('table') };
}
