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
import { openTableScan } from '../engine/scan/index.js';
import { parseSortKeys, type ScanColumn } from '../protocol/index.js';

export default class Scan extends FlashCommand {
  static override summary = 'Give the rows of a table out: as an Arrow stream, a file or a table.';

  static override description =
    'Each row is the newest version of its key; deleted keys are left out. All rows are those of one moment, ' +
    'whatever is written meanwhile. In csv, jsonl and table, bytes are shown as 0x and hex digits; in jsonl, ' +
    '64-bit integers and decimals are strings, exact for every reader. With --json the rows come as one JSON ' +
    'document, or, beside --output, a summary of what was written.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.orders > orders.arrow',
    '<%= config.bin %> <%= command.id %> shop.orders --output orders.parquet',
    '<%= config.bin %> <%= command.id %> shop.orders --columns id,total --where "total > 100" --order-by "total desc" --limit 10',
    '<%= config.bin %> <%= command.id %> shop.orders --format csv | head',
  ];

  static override args = {
    table: Args.string({
      description: 'Table as database.table. May be left out where the engine holds one table.',
    }),
  };

  static override flags = {
    ...engineFlags,
    ...resultFlags,
    ...quietFlag,
    columns: Flags.string({
      summary: 'Columns to give, in this order.',
      helpValue: 'A,B',
    }),
    where: Flags.string({
      summary: "Condition on the rows: one expression of the engine's SQL.",
      helpValue: 'SQL',
    }),
    'order-by': Flags.string({
      summary: 'Columns to sort by, each with an optional asc or desc.',
      helpValue: 'A,B',
    }),
    snapshot: Flags.string({
      summary: 'Read the table as this snapshot keeps it (see SHOW SNAPSHOTS).',
      helpValue: 'NAME',
    }),
    limit: Flags.integer({ summary: 'Give at most N rows.', helpValue: 'N', min: 0 }),
  };

  async run(): Promise<DeliverySummary | undefined> {
    const { args, flags } = await this.parse(Scan);
    const { format, output } = flags;
    const target = chooseTarget({ format, output, json: this.jsonEnabled() }, stdoutKind());
    // What can't be is told before an engine is opened.
    if (flags['order-by'] !== undefined) parseSortKeys(flags['order-by']);
    const engine = await openEngine(flags, { create: false });
    try {
      const { database, table, columns, rows } = await openTableScan(engine, {
        ...(args.table === undefined ? {} : { table: args.table }),
        ...(flags.snapshot === undefined ? {} : { snapshot: flags.snapshot }),
        ...(flags.columns === undefined ? {} : { columns: splitNames(flags.columns) }),
        ...(flags.where === undefined ? {} : { where: flags.where }),
        ...(flags['order-by'] === undefined ? {} : { orderBy: flags['order-by'] }),
        ...(flags.limit === undefined ? {} : { limit: flags.limit }),
        signal: this.interruptSignal(),
      });
      return await deliverResult(rows, target, {
        mysqlTypes: mysqlTypesOf(columns),
        progress: startProgress({
          label: `${database}.${table}`,
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

function splitNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

function mysqlTypesOf(columns: readonly ScanColumn[]): ReadonlyMap<string, string> {
  return new Map(
    columns.flatMap(({ name, mysqlType }) => (mysqlType === undefined ? [] : [[name, mysqlType]])),
  );
}
