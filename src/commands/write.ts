import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import {
  copyFlags,
  copyOptions,
  type EngineFlags,
  engineFlags,
  exitCodes,
  FlashCommand,
  hidePasswords,
  loadedBefore,
  loadFromServer,
  openSourceEngine,
  quietFlag,
  readSourceDefaults,
  sourceFlags,
  type SourceFlags,
  startProgress,
} from '../cli/index.js';
import { FlashError, type Source } from '../protocol/index.js';
import { loadDump, loadLines, summarizeLoad } from '../load/index.js';
import { fileError, isServerUrl, openDump, openSource } from '../source/index.js';
import {
  parseBaseline,
  parsePosition,
  parseUntil,
  replay,
  summarize,
  summaryLines,
  type BeginningOption,
  type ReplayOptions,
  type WriteSummary,
} from '../writer/index.js';

/** Which of several sources of the engine is written. */
interface NamedFlags {
  source?: string | undefined;
}

export default class Write extends FlashCommand {
  static override summary = 'Replay binary logs of MySQL or MariaDB into the engine.';

  static override description =
    'Goes on where the last run ended: the engine keeps the position with the rows, so running a command ' +
    'again applies what is new. Readers see whole transactions. Anything that can not be carried over stops ' +
    'the run, with all before it applied. A server, named by a URL, is followed until SIGTERM or Ctrl-C, over lost ' +
    'connections and restarts; into an empty engine its tables are copied first, as of one place in its log. A folder ' +
    'is read to its end, and with --follow as it grows.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --binlog /var/lib/mysql/binlog.000001',
    '<%= config.bin %> <%= command.id %> --binlog logs/ --include "shop.*" --engine ./copy',
    '<%= config.bin %> <%= command.id %> --binlog /var/lib/mysql/ --follow',
    '<%= config.bin %> <%= command.id %> --dump dump.sql --binlog /var/lib/mysql/',
    '<%= config.bin %> <%= command.id %> --dump orders.sql --only shop.orders',
    '<%= config.bin %> <%= command.id %> --binlog mysql://repl@db.example.com/ --password-file secret',
    '<%= config.bin %> <%= command.id %> --binlog mysql://repl@127.0.0.1:3306/ --until now',
    '<%= config.bin %> <%= command.id %> --binlog mysql://repl@127.0.0.1:3306/ --resync shop.orders',
    '<%= config.bin %> <%= command.id %> --binlog mysql://repl@db2/ --source db2 --rename "shop.*=shop2.*"',
    '$ zstdcat binlog.000007.zst | <%= config.bin %> <%= command.id %> --binlog - --from binlog.000007:4',
  ];

  static override flags = {
    ...engineFlags,
    ...sourceFlags,
    ...copyFlags,
    ...quietFlag,
    binlog: Flags.string({
      summary: 'Binary logs: files in order, a folder of them, - for stdin, or mysql://user@host/.',
      helpValue: 'SRC...',
      isPath: true,
      multiple: true,
    }),
    dump: Flags.string({
      summary: 'Load a dump with rows first, and go on from its position: a file, or - for stdin.',
      helpValue: 'DUMP.SQL',
      isPath: true,
    }),
    'load-only': Flags.boolean({
      summary: 'From a server: copy the tables into an empty engine, and end there.',
      exclusive: ['no-load', 'dump', 'from', 'baseline', 'partial', 'source-moved', 'schema'],
    }),
    only: Flags.string({
      summary: 'With --dump: replace these tables of the copy by those of the dump.',
      helpValue: 'DB.TABLE',
      multiple: true,
      dependsOn: ['dump'],
    }),
    resync: Flags.string({
      summary: 'From a server: take these tables of the copy anew, once, and go on with the rest.',
      helpValue: 'DB.TABLE',
      multiple: true,
      exclusive: ['no-load', 'dump', 'from', 'baseline', 'partial', 'source-moved', 'schema'],
    }),
    from: Flags.string({
      summary:
        'Where to begin: on an empty engine, in a moved source, or which log comes through stdin.',
      helpValue: 'FILE:OFFSET',
    }),
    baseline: Flags.string({
      summary:
        'A new copy: the tables in the engine hold the rows as of this place; take the changes since.',
      helpValue: 'FILE:OFFSET|GTIDS',
      exclusive: ['partial'],
    }),
    partial: Flags.boolean({
      summary: 'A new copy: take the changes from the start on, without the rows from before.',
    }),
    'source-moved': Flags.boolean({
      summary:
        'Go on in logs of another server or name, after a failover or upgrade: by GTIDs, or at --from.',
    }),
    until: Flags.string({
      summary:
        'Stop before the first transaction at or after this place or time (UTC); now: where the logs end.',
      helpValue: 'FILE:OFFSET|TIME|now',
    }),
    follow: Flags.boolean({
      summary: 'A folder: wait for what its logs get, until SIGTERM or Ctrl-C, as of a server.',
      dependsOn: ['binlog'],
      exclusive: ['load-only'],
    }),
    schema: Flags.string({
      summary:
        'Definitions of tables that the logs do not define: mysqldump --no-data --databases.',
      helpValue: 'DUMP.SQL',
      isPath: true,
    }),
    'lower-case-table-names': Flags.boolean({
      summary: 'The source runs with lower_case_table_names=1, as on Windows.',
    }),
  };

  async run(): Promise<WriteSummary> {
    const { flags } = await this.parse(Write);
    this.sourceName = flags.source;
    this.quiet = flags.quiet;
    checkFlags(flags);
    const from = flags.from === undefined ? undefined : parsePosition('--from', flags.from);
    const signal = this.interruptSignal();
    const options: ReplayOptions = {
      ...copyOptions(flags),
      lowerCaseTableNames: flags['lower-case-table-names'],
      sourceMoved: flags['source-moved'],
      beginning: beginningOption(flags),
      signal,
      ...(from === undefined ? {} : { from }),
      ...untilOption(flags.until),
      ...(flags.schema === undefined ? {} : { schema: await readDump(flags.schema) }),
    };
    const open = (specs: readonly string[], onNote: (line: string) => void): Promise<Source> =>
      this.#open(specs, from?.file, flags, { signal, onNote });
    if (flags.dump !== undefined && flags.binlog?.some(isServerUrl) === true) {
      // What is wrong with the server is told before the dump is loaded, and not after.
      (await open(flags.binlog, () => undefined)).close?.();
    }
    const loaded =
      flags.dump === undefined ? undefined : await this.#load(flags.dump, flags, options);
    if (loaded !== undefined && (loaded.interrupted || flags.binlog === undefined)) {
      if (loaded.interrupted) process.exitCode = exitCodes.interrupted;
      return loaded;
    }
    const url = urlToLoad(flags);
    if (url !== undefined) {
      (await open([url], () => undefined)).close?.();
      const { resync = [] } = flags;
      const first = await this.#loadFromServer(url, flags, { ...options, resync });
      if (first !== undefined && (first.interrupted || flags['load-only'])) return first;
    }
    const source = await open(flags.binlog ?? [], (line) => {
      this.logToStderr(line);
    });
    const summary = await this.#replay(source, flags, options);
    // What leads to an exit code is told.
    if (!this.quiet || summary.unmatchedPatterns.length > 0) {
      for (const line of summaryLines(summary, flags.engine)) this.logToStderr(line);
    }
    if (summary.unmatchedPatterns.length > 0) process.exitCode = exitCodes.failed;
    // What is followed ends by a signal, and in no other way.
    const isFollowed = source.next !== undefined;
    if (summary.interrupted && !isFollowed) process.exitCode = exitCodes.interrupted;
    return summary;
  }

  async #open(
    specs: readonly string[],
    stdinName: string | undefined,
    flags: SourceFlags & { until?: string | undefined; follow: boolean },
    { signal, onNote }: { signal: AbortSignal; onNote: (line: string) => void },
  ): Promise<Source> {
    hidePasswords();
    const serverId = flags['server-id'];
    const follow = !isUntilNow(flags.until);
    return openSource(specs, {
      stdin: process.stdin,
      signal,
      files: { follow: flags.follow && follow, untilNow: flags.until === 'now', onNote },
      ...(stdinName === undefined ? {} : { stdinName }),
      live: {
        follow,
        defaults: specs.some(isServerUrl) ? await readSourceDefaults(flags) : {},
        ...(serverId === undefined ? {} : { serverId }),
        onNote,
      },
    });
  }

  async #load(
    path: string,
    flags: EngineFlags & NamedFlags & { only?: string[] | undefined },
    options: ReplayOptions,
  ): Promise<WriteSummary> {
    const dump = await openDump(path, process.stdin, options.signal);
    const engine = await openSourceEngine(flags, { create: true });
    const { sizeBytes } = dump;
    const progress = startProgress({
      label: 'load',
      unit: 'bytes',
      enabled: !this.quiet && !this.jsonEnabled(),
      ...(sizeBytes === undefined ? {} : { total: sizeBytes }),
    });
    const startedMs = performance.now();
    try {
      const result = await loadDump(dump, engine, {
        ...options,
        only: flags.only ?? [],
        onProgress: (bytes) => {
          progress.update(bytes);
        },
      });
      progress.stop();
      const elapsedMs = performance.now() - startedMs;
      const lines = this.quiet ? [] : loadLines(result, path, elapsedMs);
      for (const line of lines) this.logToStderr(line);
      return summarizeLoad(result, elapsedMs);
    } finally {
      progress.stop();
      await engine.close();
    }
  }

  /** The first load of a server; undefined where the copy goes on. */
  async #loadFromServer(
    url: string,
    flags: EngineFlags & NamedFlags & SourceFlags & { 'load-only': boolean },
    options: ReplayOptions & { resync: readonly string[] },
  ): Promise<WriteSummary | undefined> {
    const defaults = await readSourceDefaults(flags);
    const engine = await openSourceEngine(flags, { create: true });
    const startedMs = performance.now();
    try {
      const onNote = (line: string): void => {
        this.logToStderr(line);
      };
      const showsProgress = !this.quiet && !this.jsonEnabled();
      const loading = { ...options, url, defaults, showsProgress, onNote };
      const result = await loadFromServer(engine, loading);
      if (result === undefined && !flags['load-only']) return undefined;
      const elapsedMs = performance.now() - startedMs;
      if (result === undefined) {
        onNote(`Nothing to load: ${flags.engine} holds a copy. Without --load-only it goes on.`);
        return summarizeLoad(await loadedBefore(engine), elapsedMs);
      }
      const lines = this.quiet ? [] : loadLines(result, 'the source', elapsedMs);
      for (const line of lines) onNote(line);
      if (result.interrupted) process.exitCode = exitCodes.interrupted;
      return summarizeLoad(result, elapsedMs);
    } finally {
      await engine.close();
    }
  }

  async #replay(
    source: Source,
    flags: EngineFlags & NamedFlags,
    options: ReplayOptions,
  ): Promise<WriteSummary> {
    const engine = await openSourceEngine(flags, { create: true });
    const sizes = source.logs.map((log) => log.sizeBytes);
    const isKnown = sizes.every((size) => size !== undefined);
    const progress = startProgress({
      label: 'write',
      unit: 'bytes',
      enabled: !this.quiet && !this.jsonEnabled(),
      ...(isKnown ? { total: sizes.reduce((sum: number, size) => sum + size, 0) } : {}),
    });
    const startedMs = performance.now();
    try {
      const result = await replay(source, engine, {
        ...options,
        onWarning: (line) => {
          this.logToStderr(line);
        },
        onProgress: (bytes) => {
          progress.update(bytes);
        },
      });
      return summarize(result, performance.now() - startedMs);
    } finally {
      progress.stop();
      source.close?.();
      await engine.close();
    }
  }
}

/** Errors: INVALID_REQUEST for flags that do not go together. */
function checkFlags(flags: {
  binlog?: string[] | undefined;
  dump?: string | undefined;
  until?: string | undefined;
  follow: boolean;
}): void {
  if (flags.binlog === undefined && flags.dump === undefined) {
    throw new FlashError(
      'INVALID_REQUEST',
      'nothing to write: neither --binlog nor --dump is given',
      {
        hint: 'Name binary logs, as --binlog binlog.000001, or a dump, as --dump dump.sql.',
      },
    );
  }
  if (flags.dump === '-' && flags.binlog?.includes('-') === true) {
    throw new FlashError('INVALID_REQUEST', 'stdin can be the dump or a log, and not both', {
      hint: 'Load the dump first, by --dump -, and then run write again for the log.',
    });
  }
  if (flags.follow && flags.until === 'now') {
    throw new FlashError('INVALID_REQUEST', '--follow goes on, and --until now ends', {
      hint: 'Give one of them: --until now ends where the logs end at the start, --follow waits for more.',
    });
  }
}

/** The server whose tables are copied first, where nothing says that a copy begins in another way. */
function urlToLoad(flags: {
  binlog?: string[] | undefined;
  dump?: string | undefined;
  from?: string | undefined;
  baseline?: string | undefined;
  schema?: string | undefined;
  partial: boolean;
  'load-only': boolean;
  'no-load': boolean;
  'source-moved': boolean;
  resync?: string[] | undefined;
}): string | undefined {
  const [url, ...others] = flags.binlog ?? [];
  const isServer = url !== undefined && isServerUrl(url) && others.length === 0;
  if (flags['load-only'] && !isServer) {
    throw new FlashError('INVALID_REQUEST', '--load-only copies the tables of a running server', {
      hint: 'Name it, as --binlog mysql://repl@db.example.com/. A dump alone is loaded by --dump without --binlog.',
    });
  }
  if (flags.resync !== undefined && !isServer) {
    throw new FlashError(
      'INVALID_REQUEST',
      '--resync takes tables anew from a running server, and none is named',
      {
        hint: 'Name it, as --binlog mysql://repl@db.example.com/. From a dump: --dump t.sql --only db.table.',
      },
    );
  }
  const { dump, from, baseline, schema, partial } = flags;
  const isOther = [dump, from, baseline, schema].some((flag) => flag !== undefined);
  const isLoaded = !(isOther || partial || flags['no-load'] || flags['source-moved']);
  return isServer && isLoaded ? url : undefined;
}

/** `now`: logs are read to where they end at the start, and that is so without any `until`. */
function untilOption(text: string | undefined): Pick<ReplayOptions, 'until'> {
  return text === undefined || text === 'now' ? {} : { until: parseUntil(text) };
}

/** The log up to now holds all that a moment which has passed lets in: nothing is to be waited for. */
function isUntilNow(text: string | undefined): boolean {
  if (text === undefined || text === 'now') return text === 'now';
  const until = parseUntil(text);
  return 'timeMs' in until && until.timeMs <= Date.now();
}

function beginningOption(flags: {
  baseline: string | undefined;
  partial: boolean;
}): BeginningOption | undefined {
  if (flags.baseline !== undefined) return { kind: 'baseline', at: parseBaseline(flags.baseline) };
  return flags.partial ? { kind: 'partial' } : undefined;
}

async function readDump(path: string): Promise<{ path: string; text: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw fileError(error, path);
  }
}
