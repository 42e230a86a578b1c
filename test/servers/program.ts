import { existsSync } from 'node:fs';
import path from 'node:path';

/** The servers that tests can start. */
export type ServerKind = 'mysql-5.6' | 'mysql-5.7' | 'mysql-9.7' | 'mariadb';

/** How a server of one kind is run and its data folder made. */
export interface ServerProgram {
  kind: ServerKind;
  /** Command and first arguments, before any option. */
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Options that every run needs, the making of the data folder included. */
  args: readonly string[];
  /** Makes a fresh data folder. `options`: an empty file that keeps system configuration out. */
  initialise(folder: { data: string }): InitialiseStep;
}

/** The command that makes a data folder, and what it reads from its standard input. */
export interface InitialiseStep {
  command: readonly string[];
  input?: string;
}

/** Root folder of the repository. */
export const repositoryFolder = path.resolve(import.meta.dirname, '../..');

/** Holds what is dear to make and can be made again: initialised data folders, unpacked servers. */
export const cacheFolder = path.join(repositoryFolder, '.cache', 'servers');

/** The folder of a server that came as an npm package. */
export function npmServerFolder(name: string): string {
  return path.join(repositoryFolder, 'node_modules', name, 'server');
}

/** First of `paths` that exists. */
export function firstExisting(paths: readonly string[]): string | undefined {
  return paths.find((candidate) => existsSync(candidate));
}

/** mysqld refuses to run as root unless told; containers often are root. */
export function userArgs(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}
