import { setTimeout as delay } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import {
  engineFlags,
  FlashCommand,
  hidePasswords,
  openEngine,
  readEngineStatus,
  readSourceDefaults,
  readSourceLag,
  sourceFlags,
  statusLines,
  terminalWidth,
  type EngineStatus,
} from '../cli/index.js';
import { FlashError, type Engine } from '../protocol/index.js';
import type { AddressDefaults } from '../source/index.js';
import { nameSource } from '../writer/index.js';

/** Clears the terminal, and goes to its first line. */
const clearScreen = '\u001B[H\u001B[2J\u001B[3J';

export default class Status extends FlashCommand {
  static override summary =
    'Show how the copy stands: how far it is, tables, snapshots, disk, open scans.';

  static override description =
    'With --source the running server is asked where its log ends: then lag is told, in bytes and seconds.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --engine tcp://127.0.0.1:9330 --json',
    '<%= config.bin %> <%= command.id %> --engine tcp://127.0.0.1:9330 --source mysql://repl@db/ --watch',
  ];

  static override flags = {
    ...engineFlags,
    'password-file': sourceFlags['password-file'],
    'defaults-file': sourceFlags['defaults-file'],
    source: Flags.string({
      summary: 'The server that the copy was made from, as mysql://user@host/: tells the lag.',
      helpValue: 'URL',
    }),
    'source-name': Flags.string({
      summary:
        'Which source --source is, where the engine has several: as in `write --source NAME`.',
      helpValue: 'NAME',
      dependsOn: ['source'],
    }),
    watch: Flags.boolean({
      summary: 'Show it again and again, until Ctrl-C; with --json a document a line.',
      default: false,
    }),
    interval: Flags.integer({
      summary: 'Seconds between two looks of --watch.',
      helpValue: 'S',
      min: 1,
      default: 2,
    }),
  };

  async run(): Promise<EngineStatus> {
    const { flags } = await this.parse(Status);
    hidePasswords();
    const defaults = await readSourceDefaults(flags);
    if (flags.watch && !/^(?:tcp|tls):/.test(flags.engine)) {
      throw new FlashError('INVALID_REQUEST', '--watch of a folder would keep it from its writer', {
        hint: 'An engine folder is open in one process. Watch the server that has it: --engine tcp://127.0.0.1:9330.',
      });
    }
    const signal = flags.watch ? this.interruptSignal() : undefined;
    const reader = readerOfStdout();
    const engine = await openEngine(flags, { create: false });
    try {
      for (;;) {
        const status = await this.#read(engine, flags, defaults);
        if (!this.jsonEnabled()) this.#print(status, flags.watch);
        if (signal === undefined) return status;
        if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(status)}\n`);
        const pause = { signal: AbortSignal.any([signal, reader]) };
        await delay(flags.interval * 1000, undefined, pause).catch((error: unknown) => {
          if (!reader.aborted) throw error;
        });
        if (reader.aborted) return status;
      }
    } finally {
      await engine.close();
    }
  }

  async #read(
    engine: Engine,
    flags: { source?: string | undefined; 'source-name'?: string | undefined },
    defaults: AddressDefaults,
  ): Promise<EngineStatus> {
    const { source, 'source-name': name } = flags;
    const lag =
      source === undefined ? null : await readSourceLag(nameSource(engine, name), source, defaults);
    return await readEngineStatus(engine, lag).catch((error: unknown) => {
      if (!(error instanceof FlashError) || error.code !== 'DENIED') throw error;
      throw new FlashError('DENIED', "status is for who has the server's token", {
        hint: 'Leave the user out of --engine, and put the token into THEFLASH_TOKEN. A user has theflash tables.',
        cause: error,
      });
    });
  }

  #print(status: EngineStatus, isWatched: boolean): void {
    const { isTTY } = process.stdout;
    // Into a pipe, lines are for other programs: they are whole.
    const lines = statusLines(status, isTTY ? terminalWidth() : Infinity, terminalWidth());
    if (isWatched && isTTY) process.stdout.write(clearScreen);
    if (isWatched) this.log(new Date().toISOString());
    for (const line of lines) this.log(line);
  }
}

/** Aborted once nobody reads stdout any more. */
function readerOfStdout(): AbortSignal {
  const gone = new AbortController();
  process.stdout.once('error', () => {
    gone.abort();
  });
  return gone.signal;
}
