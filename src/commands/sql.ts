import { text } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import {
  chooseTarget,
  deliverResult,
  engineFlags,
  FlashCommand,
  openEngine,
  quietFlag,
  resultFlags,
  startProgress,
  stdoutKind,
  type DeliverySummary,
} from '../cli/index.js';
import { FlashError, type SqlParameters } from '../protocol/index.js';

export default class Sql extends FlashCommand {
  static override summary = "Run SQL on the engine: ClickHouse's, and TheFlash's own verbs.";

  static override description =
    'Of several statements, the last alone may give rows. An engine folder that is missing is made with --create alone. ' +
    'Forms of output are those of `theflash scan`.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> "SELECT status, count() FROM shop.orders GROUP BY status"',
    '<%= config.bin %> <%= command.id %> "SELECT * FROM shop.orders" --output orders.csv',
    `<%= config.bin %> <%= command.id %> "SELECT * FROM shop.users WHERE name = {name:String}" --param "name=O'Hara"`,
    '$ cat report.sql | <%= config.bin %> <%= command.id %> - --format jsonl',
  ];

  static override args = {
    statements: Args.string({
      description: 'One or several statements; - reads them from stdin.',
      required: true,
    }),
  };

  static override flags = {
    ...engineFlags,
    ...resultFlags,
    ...quietFlag,
    create: Flags.boolean({ summary: 'Make the engine folder, where it is missing.' }),
    param: Flags.string({
      summary: 'Value for {NAME:Type} in the SQL, quoted as it must be.',
      helpValue: 'NAME=VALUE',
      multiple: true,
    }),
  };

  async run(): Promise<DeliverySummary | undefined> {
    const { args, flags } = await this.parse(Sql);
    const { format, output } = flags;
    const target = chooseTarget({ format, output, json: this.jsonEnabled() }, stdoutKind());
    const statements = args.statements === '-' ? await text(process.stdin) : args.statements;
    if (statements.trim() === '') {
      throw new FlashError('INVALID_REQUEST', 'There is no SQL to run', {
        hint: 'Give it as one argument in quotes, or as - on stdin.',
      });
    }
    const engine = await openEngine(flags, { create: flags.create });
    try {
      const scan = await engine.query(statements, {
        signal: this.interruptSignal(),
        ...(flags.param === undefined ? {} : { parameters: parseParameters(flags.param) }),
      });
      return await deliverResult(scan, target, {
        progress: startProgress({
          label: 'sql',
          unit: 'rows',
          enabled:
            !flags.quiet && !this.jsonEnabled() && !(output === undefined && process.stdout.isTTY),
        }),
        onStart: () => (this.dataStarted = true),
      });
    } finally {
      await engine.close();
    }
  }
}

function parseParameters(texts: readonly string[]): SqlParameters {
  const parameters: Record<string, string> = {};
  for (const text of texts) {
    const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined || Object.hasOwn(parameters, name)) {
      throw new FlashError('INVALID_REQUEST', `Can't take --param ${text}`, {
        hint: 'Give each parameter once, as --param NAME=VALUE.',
      });
    }
    parameters[name] = value;
  }
  return parameters;
}
