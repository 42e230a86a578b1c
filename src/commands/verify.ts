import { Flags } from '@oclif/core';
import {
  engineFlags,
  exitCodes,
  FlashCommand,
  hidePasswords,
  openSourceEngine,
  quietFlag,
  readSourceDefaults,
  sourceFlags,
  startProgress,
  tellStoppedSource,
  verifyJson,
  verifyLines,
  type EngineFlags,
  type VerifyJson,
} from '../cli/index.js';
import { isServerUrl, openTableServer, type AddressDefaults } from '../source/index.js';
import { FlashError, type Engine } from '../protocol/index.js';
import { isEqual, verifyServer, type VerifyOptions, type VerifyResult } from '../verify/index.js';

/** The rows come in many small pieces. */
const showEveryMs = 200;

export default class Verify extends FlashCommand {
  static override summary = 'Compare the copy with its running source, value by value.';

  static override description =
    'Reads both sides by ranges of keys, as of known places in the log of the source, while a writer moves the copy: ' +
    'the engine is then the server that follows the source (`theflash serve --binlog`). What does not agree is looked up ' +
    'in the log between the two places, so that a difference that is told is one. The source is only read. With --repair ' +
    'the rows of the copy that differ become those of the source, while the writer goes on. Exit code 0: all that was ' +
    'compared is equal, or is by now; 1: something differs, could not be settled, or a pattern met no table.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --source mysql://repl@db.example.com/ --engine tcp://127.0.0.1:9330',
    '<%= config.bin %> <%= command.id %> --source mysql://repl@db/ --password-file secret --engine ./copy',
    '<%= config.bin %> <%= command.id %> --source mysql://repl@db/ --tables "shop.*" --sample 5 --threads 2 --pause 100',
    '<%= config.bin %> <%= command.id %> --source mysql://repl@db/ --engine tcp://127.0.0.1:9330 --repair',
  ];

  static override flags = {
    ...engineFlags,
    ...quietFlag,
    'password-file': sourceFlags['password-file'],
    'defaults-file': sourceFlags['defaults-file'],
    source: Flags.string({
      summary: 'The server that the copy was made from, as mysql://user@host/.',
      helpValue: 'URL',
      required: true,
    }),
    'source-name': Flags.string({
      summary:
        'Which of several sources of the engine it is, by the name that write --source gave it.',
      helpValue: 'NAME',
    }),
    tables: Flags.string({
      summary:
        'Compare these tables of the copy only, by their names in the source; * is a wildcard.',
      helpValue: 'DB.TABLE',
      aliases: ['include'],
      multiple: true,
    }),
    exclude: Flags.string({
      summary: 'Leave these tables out; * is a wildcard.',
      helpValue: 'DB.TABLE',
      multiple: true,
    }),
    sample: Flags.integer({
      summary: 'Compare about so many percent of the rows of each table, chosen at random.',
      helpValue: 'PERCENT',
      min: 1,
      max: 100,
      default: 100,
    }),
    threads: Flags.integer({
      summary: 'Sessions that read the source at the same time, at most.',
      helpValue: 'N',
      min: 1,
      max: 64,
      default: 4,
    }),
    pause: Flags.integer({
      summary: 'Let each session rest for so many milliseconds after each part of a table.',
      helpValue: 'MS',
      min: 0,
      default: 0,
    }),
    'wait-seconds': Flags.integer({
      summary: 'How long the copy may take to get to where the source was read.',
      helpValue: 'S',
      min: 1,
      default: 60,
    }),
    repair: Flags.boolean({
      summary: 'Put the rows right that differ, in one batch, and compare them again.',
      default: false,
    }),
    'max-differences': Flags.integer({
      summary: 'Show so many differing rows of each table with their values; all are counted.',
      helpValue: 'N',
      min: 0,
      default: 10,
    }),
  };

  async run(): Promise<VerifyJson> {
    const { flags } = await this.parse(Verify);
    this.sourceName = flags['source-name'];
    this.quiet = flags.quiet;
    if (!isServerUrl(flags.source)) {
      throw new FlashError('INVALID_REQUEST', `--source can't be ${flags.source}`, {
        hint: 'Name the running server, as mysql://repl@db.example.com/.',
      });
    }
    hidePasswords();
    const signal = this.interruptSignal();
    const defaults = await readSourceDefaults(flags);
    const engine = await openSourceEngine(
      { ...flags, source: flags['source-name'] },
      { create: false },
    );
    const startedMs = performance.now();
    try {
      const result = await this.#compare(engine, flags.source, defaults, {
        include: flags.tables ?? [],
        exclude: flags.exclude ?? [],
        samplePercent: flags.sample,
        threads: flags.threads,
        pauseMs: flags.pause,
        waitMs: flags['wait-seconds'] * 1000,
        differencesMax: flags['max-differences'],
        repair: flags.repair,
        signal,
      });
      return this.#report(result, flags, performance.now() - startedMs);
    } catch (error) {
      throw await tellStoppedSource(error, engine);
    } finally {
      await engine.close();
    }
  }

  async #compare(
    engine: Engine,
    url: string,
    defaults: AddressDefaults,
    options: VerifyOptions & { signal: AbortSignal },
  ): Promise<VerifyResult> {
    const server = await openTableServer(url, { defaults, signal: options.signal });
    const progress = startProgress({
      label: 'verify',
      unit: 'rows',
      enabled: !this.quiet && !this.jsonEnabled(),
    });
    let shownMs = performance.now();
    try {
      return await verifyServer(server, engine, {
        ...options,
        onNote: (line) => {
          this.logToStderr(line);
        },
        onProgress: (rows, total, table) => {
          if (performance.now() - shownMs < showEveryMs) return;
          shownMs = performance.now();
          progress.update(rows, `of about ${total.toLocaleString('en-US')}: ${table}`);
        },
      });
    } finally {
      progress.stop();
      server.close();
    }
  }

  #report(
    result: VerifyResult,
    flags: EngineFlags & { sample: number },
    elapsedMs: number,
  ): VerifyJson {
    const report = { result, engine: flags.engine, elapsedMs };
    if (!this.jsonEnabled()) for (const line of verifyLines(report)) this.log(line);
    if (result.interrupted) process.exitCode = exitCodes.interrupted;
    else if (!isEqual(result)) process.exitCode = exitCodes.failed;
    return verifyJson({ ...report, samplePercent: flags.sample });
  }
}
