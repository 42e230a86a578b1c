import { text } from 'node:stream/consumers';
import { Args } from '@oclif/core';
import {
  chooseTarget,
  deliverResult,
  engineFlag,
  FlashCommand,
  openEngine,
  resultFlags,
  startProgress,
  type DeliverySummary,
} from '../cli/index.js';
import { FlashError } from '../protocol/index.js';

export default class Sql extends FlashCommand {
  static override summary = "Run SQL on the engine: ClickHouse's, and TheFlash's own verbs.";

  static override description =
    'Of several statements, the last may give rows. An engine folder that is missing is made. ' +
    'Forms of output are those of `theflash scan`.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> "SELECT status, count() FROM shop.orders GROUP BY status"',
    '<%= config.bin %> <%= command.id %> "SELECT * FROM shop.orders" --output orders.csv',
    '$ cat report.sql | <%= config.bin %> <%= command.id %> - --format jsonl',
  ];

  static override args = {
    statements: Args.string({
      description: 'One or several statements; - reads them from stdin.',
      required: true,
    }),
  };

  static override flags = { ...engineFlag, ...resultFlags };

  async run(): Promise<DeliverySummary | undefined> {
    const { args, flags } = await this.parse(Sql);
    const { format, output } = flags;
    const target = chooseTarget({ format, output, json: this.jsonEnabled() }, process.stdout.isTTY);
    const statements = args.statements === '-' ? await text(process.stdin) : args.statements;
    if (statements.trim() === '') {
      throw new FlashError('INVALID_REQUEST', 'There is no SQL to run', {
        hint: 'Give it as one argument in quotes, or as - on stdin.',
      });
    }
    const engine = await openEngine(flags.engine, { create: true });
    try {
      const scan = await engine.query(statements, { signal: this.interruptSignal() });
      return await deliverResult(scan, target, {
        progress: startProgress({
          label: 'sql',
          unit: 'rows',
          enabled: !this.jsonEnabled() && !(output === undefined && process.stdout.isTTY),
        }),
        onStart: () => (this.dataStarted = true),
      });
    } finally {
      await engine.close();
    }
  }
}
