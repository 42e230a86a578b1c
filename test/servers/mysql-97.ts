import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, repositoryFolder, type ServerProgram, userArgs } from './program.js';

/** Script that unpacks and runs MySQL 9.7; lies beside the repository on development machines. */
const script = path.resolve(repositoryFolder, '../shared/servers/mysql-9.7/mysql97');
const root = path.join(cacheFolder, 'mysql-9.7-tree');
const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');

/** MySQL 9.7.4, or undefined where the folder that holds it is missing. */
export function mysql97Program(): ServerProgram | undefined {
  if (!existsSync(script)) return undefined;
  const command = mysql97Command('usr/sbin/mysqld');
  const share = path.join(root, 'usr/share/mysql');
  const args = [
    '--no-defaults',
    ...userArgs(),
    '--mysqlx=OFF',
    '--secure-file-priv=',
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${path.join(share, 'charsets')}`,
    `--plugin-dir=${path.join(root, 'usr/lib/mysql/plugin')}`,
    '--innodb-redo-log-capacity=64M',
  ];
  return {
    kind: 'mysql-9.7',
    command,
    env: {},
    args,
    initialise: ({ data }) => {
      unpack();
      return { command: [...command, ...args, '--initialize-insecure', `--datadir=${data}`] };
    },
  };
}

/** Command of mysqlbinlog 9.7, a decoder to compare with, or undefined where it is missing. */
export function mysqlbinlog97(): readonly string[] | undefined {
  if (!existsSync(script)) return undefined;
  unpack();
  return mysql97Command('usr/bin/mysqlbinlog');
}

/** Command of mysqldump 9.7, or undefined where it is missing. */
export function mysqldump97(): readonly string[] | undefined {
  if (!existsSync(script)) return undefined;
  unpack();
  return mysql97Command('usr/bin/mysqldump');
}

/** Command of mysql 9.7, the client, or undefined where it is missing. */
export function mysqlClient97(): readonly string[] | undefined {
  if (!existsSync(script)) return undefined;
  unpack();
  return mysql97Command('usr/bin/mysql');
}

/** The tree brings a C library of its own, so its programs run through its own loader. */
function mysql97Command(program: string): readonly string[] {
  const paths = `${libraries}:${path.join(libraries, 'private')}`;
  const loader = path.join(libraries, 'ld-linux-x86-64.so.2');
  return [loader, '--library-path', paths, path.join(root, program)];
}

/** Unpacks the tree once: beside its place, then renamed, as other tests may do the same now. */
function unpack(): void {
  if (existsSync(root)) return;
  mkdirSync(cacheFolder, { recursive: true });
  const fresh = mkdtempSync(`${root}-`);
  execFileSync(script, ['exec', 'mysqlbinlog', '--version'], {
    env: { ...process.env, MYSQL97_ROOT: fresh },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    renameSync(fresh, root);
  } catch (error) {
    if (!existsSync(root)) throw error;
    rmSync(fresh, { recursive: true });
  }
}
