import { Args, Flags } from '@oclif/core';
import {
  eventJson,
  eventText,
  EventView,
  FlashCommand,
  hidePasswords,
  openStreamSink,
  readEvents,
  readSourceDefaults,
} from '../cli/index.js';
import { openSource } from '../source/index.js';

export default class Binlog extends FlashCommand {
  static override summary = 'Show the events and rows of binary logs.';

  static override description =
    'With --json, one object a line. Rows are shown where the log names its columns (binlog_row_metadata=FULL). ' +
    'Each file is read on its own; no engine is opened.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> examples/shop/binlog.000001',
    '<%= config.bin %> <%= command.id %> binlog.000007 --no-rows | less',
    '$ zstdcat binlog.000007.zst | <%= config.bin %> <%= command.id %> - --json',
  ];

  static override strict = false;

  static override args = {
    file: Args.string({
      description: 'Logs, - for stdin, or mysql://user@host/ for those of a server.',
      required: true,
    }),
  };

  static override flags = {
    rows: Flags.boolean({ summary: 'Show rows.', default: true, allowNo: true }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Binlog);
    hidePasswords();
    const source = await openSource(argv.map(String), {
      stdin: process.stdin,
      live: { follow: false, defaults: await readSourceDefaults({}) },
    });
    const sink = openStreamSink(process.stdout);
    const write = this.jsonEnabled() ? eventJson : eventText;
    for (const log of source.logs) {
      const view = new EventView();
      for await (const event of readEvents(log)) {
        const { rows, ...head } = view.show(event);
        this.dataStarted = true;
        await sink.write(write(rows !== undefined && flags.rows ? { ...head, rows } : head));
      }
    }
    source.close?.();
  }
}
