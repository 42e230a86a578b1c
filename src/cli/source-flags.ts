import { Flags } from '@oclif/core';
import { readOptionFile, readPasswordFile, type AddressDefaults } from '../source/index.js';

const serverGroup = 'SOURCE SERVER';

/** Flags of commands that read a running server: `{ ...sourceFlags }`. */
export const sourceFlags = {
  'server-id': Flags.integer({
    summary: 'Id among the replicas of the source. Default: a free one from above 2147483648.',
    helpGroup: serverGroup,
    helpValue: 'N',
    min: 1,
    max: 4_294_967_295,
  }),
  'password-file': Flags.string({
    summary:
      'File whose first line is the password. Without it: the URL, MYSQL_PWD, or the option file.',
    helpGroup: serverGroup,
    helpValue: 'FILE',
    isPath: true,
  }),
  'defaults-file': Flags.string({
    summary:
      'Option file of MySQL (my.cnf): user, password, host, port, ssl-… of its group [client].',
    helpGroup: serverGroup,
    helpValue: 'FILE',
    isPath: true,
  }),
};

/** What `sourceFlags` come to. */
export interface SourceFlags {
  'server-id'?: number | undefined;
  'password-file'?: string | undefined;
  'defaults-file'?: string | undefined;
}

/**
 * Reads what a URL may leave out: an option file, then the environment, then a password file, each
 * over the one before it.
 *
 * Errors: NOT_FOUND, DENIED for the files.
 */
export async function readSourceDefaults(flags: SourceFlags): Promise<AddressDefaults> {
  const { 'password-file': passwordFile, 'defaults-file': optionFile } = flags;
  const password =
    passwordFile === undefined ? process.env['MYSQL_PWD'] : await readPasswordFile(passwordFile);
  return {
    ...(optionFile === undefined ? {} : await readOptionFile(optionFile)),
    ...(password === undefined ? {} : { password }),
  };
}

/** Takes passwords of URLs out of what a list of processes shows of this one. */
export function hidePasswords(): void {
  const shown = process.argv.map(hidePassword);
  if (shown.some((word, index) => word !== process.argv[index])) process.title = shown.join(' ');
}

function hidePassword(word: string): string {
  return word.replace(passwordOfUrl, '$1@');
}

/** True for a URL, or a text with one in it, that has a password. */
export function hasPassword(text: string): boolean {
  return passwordOfUrl.test(text);
}

/** The text with `***` where a URL in it has its password. */
export function maskPassword(text: string): string {
  return text.replace(passwordOfUrl, '$1:***@');
}

const passwordOfUrl = /^(.*?[a-z]+:\/\/[^:@/]*):.*@/i;
