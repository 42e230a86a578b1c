import { Flags } from '@oclif/core';
import { findProgram } from '../build/index.js';
import {
  engineFlags,
  examine,
  exitCodes,
  FlashCommand,
  hidePasswords,
  openEngine,
  readSourceDefaults,
  sourceFlags,
  type Finding,
} from '../cli/index.js';
import { findLibraryFile } from '../engine/index.js';

/** What `--json` gives: `version` grows when a field goes or changes what it means. */
interface DoctorResult {
  version: 1;
  healthy: boolean;
  findings: readonly Finding[];
}

export default class Doctor extends FlashCommand {
  static override summary = 'Look for what is wrong with the machine, the engine and the source.';

  static override description =
    'Looks at ch.so and what builds it, sandbox, disk and its speed, memory, open files, clock, the engine, with --source ' +
    'the settings and rights of a server, and the JDK. Nothing is changed. Each line is ok, warn or fail, with what to ' +
    'type. Exit code 1 where one fails.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --engine ./copy --source mysql://repl@db/ --password-file secret',
  ];

  static override flags = {
    ...engineFlags,
    'password-file': sourceFlags['password-file'],
    'defaults-file': sourceFlags['defaults-file'],
    source: Flags.string({
      summary: 'A server to be followed, as mysql://user@host/.',
      helpValue: 'URL',
    }),
  };

  async run(): Promise<DoctorResult> {
    const { flags } = await this.parse(Doctor);
    hidePasswords();
    const searchPath = process.env['PATH'] ?? '';
    const findings = await examine({
      engine: flags.engine,
      openEngine: () => openEngine(flags, { create: false }),
      findLibrary: findLibraryFile,
      findProgram: (names) => findProgram([...names], searchPath),
      source:
        flags.source === undefined
          ? undefined
          : { url: flags.source, defaults: await readSourceDefaults(flags) },
    });
    if (!this.jsonEnabled()) for (const line of findings.flatMap(findingLines)) this.log(line);
    const healthy = findings.every(({ status }) => status !== 'fail');
    if (!healthy) process.exitCode = exitCodes.failed;
    return { version: 1, healthy, findings };
  }
}

function findingLines({ check, status, what, mend }: Finding): string[] {
  const line = `${status.padEnd(6)}${check.padEnd(17)}${what}`;
  return mend === null ? [line] : [line, `${' '.repeat(23)}${mend}`];
}
