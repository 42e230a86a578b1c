import { Flags } from '@oclif/core';
import { FlashError } from '../protocol/index.js';
import { parsePosition, type ReplayOptions } from '../writer/index.js';

/** Flags that say which tables of a source are copied, and how: `{ ...copyFlags }`. */
export const copyFlags = {
  include: Flags.string({
    summary: 'Copy these tables only; * is a wildcard.',
    helpValue: 'DB.TABLE',
    multiple: true,
  }),
  exclude: Flags.string({
    summary: 'Leave these tables out; * is a wildcard.',
    helpValue: 'DB.TABLE',
    multiple: true,
  }),
  rename: Flags.string({
    summary: 'Give a table (or DB.*) another name in the engine.',
    helpValue: 'A.B=C.D',
    multiple: true,
  }),
  skip: Flags.string({
    summary: 'Leave out the statement at this offset; as an error that stopped the run names it.',
    helpValue: 'FILE:OFFSET',
    multiple: true,
  }),
  source: Flags.string({
    summary: 'One of several sources of the engine: a place of its own under this name.',
    helpValue: 'NAME',
  }),
  'no-load': Flags.boolean({
    summary: 'From a server: do not copy the tables first; its logs have to hold all of them.',
  }),
  'batch-interval': Flags.string({
    summary: 'Commit after this time, or as long as the last commit took: 50ms, 5s.',
    helpValue: 'TIME',
    default: '200ms',
  }),
  'zero-date': Flags.option({
    summary: 'What becomes of 0000-00-00 and dates that no calendar has.',
    options: ['null', 'error'] as const,
    default: 'null',
  })(),
};

/** What `copyFlags` come to. */
export interface CopyFlags {
  include?: readonly string[] | undefined;
  exclude?: readonly string[] | undefined;
  rename?: readonly string[] | undefined;
  skip?: readonly string[] | undefined;
  source?: string | undefined;
  'no-load': boolean;
  'batch-interval': string;
  'zero-date': 'null' | 'error';
}

/** The flags as the writer takes them. Errors: INVALID_REQUEST. */
export function copyOptions(
  flags: CopyFlags,
): Pick<
  ReplayOptions,
  'include' | 'exclude' | 'rename' | 'skipStatements' | 'zeroDate' | 'limits'
> {
  return {
    include: flags.include ?? [],
    exclude: flags.exclude ?? [],
    rename: flags.rename ?? [],
    skipStatements: (flags.skip ?? []).map((text) => parsePosition('--skip', text)),
    zeroDate: flags['zero-date'],
    limits: { ageMaxMs: parseInterval(flags['batch-interval']) },
  };
}

/** Reads `200ms` or `5s`. Errors: INVALID_REQUEST. */
function parseInterval(text: string): number {
  const match = /^(\d{1,6})(ms|s)$/.exec(text);
  const ms = Number(match?.[1]) * (match?.[2] === 's' ? 1000 : 1);
  if (ms > 0) return ms;
  throw new FlashError('INVALID_REQUEST', `--batch-interval can't be ${JSON.stringify(text)}`, {
    hint: 'Write it as 200ms or 5s.',
  });
}
