import { quoteTable } from '../protocol/index.js';
import type { VerifyResult } from '../verify/index.js';
import { commandsForSource, quoteForShell, resyncCommand } from '../writer/index.js';

/** A command that makes source and copy equal, or tells whether they are. */
export interface MendingCommand {
  /**
   * `repair`: rows put right, beside a writer; `resync`: tables taken anew, without another writer; `drop`: what the
   * copy alone has; `verify`: rows compared again of which nothing was proven.
   */
  kind: 'repair' | 'resync' | 'drop' | 'verify';
  /** By the source's names; of `drop` by the engine's. */
  tables: readonly string[];
  command: string;
}

/** What makes the two equal, as commands to paste. */
export function mendingCommands(
  { mending, serverUrl, sourceName, filterFlags }: VerifyResult,
  engine: string,
): MendingCommand[] {
  const { repair, resync, drop, again } = mending;
  const verify = ['theflash verify --source', serverUrl, '--engine', engine].map((word, index) =>
    index % 2 === 0 ? word : quoteForShell(word),
  );
  const ofTables = (names: readonly string[]): string =>
    [...verify, ...names.map((name) => `--tables ${quoteForShell(name)}`)].join(' ');
  const flags = ['--engine', engine, ...filterFlags].map(quoteForShell).join(' ');
  const commands: MendingCommand[] = [];
  if (repair.length > 0) {
    commands.push({ kind: 'repair', tables: repair, command: `${ofTables(repair)} --repair` });
  }
  if (resync.length > 0) {
    const command = `${resyncCommand(serverUrl, resync)} ${flags} --until now`;
    commands.push({ kind: 'resync', tables: resync, command });
  }
  if (drop.length > 0) {
    const sql = drop.map((each) => `DROP ${each.isView ? 'VIEW' : 'TABLE'} ${quoteTable(each)}`);
    commands.push({
      kind: 'drop',
      tables: drop.map(({ database, table }) => `${database}.${table}`),
      command: `theflash sql --engine ${quoteForShell(engine)} ${quoteForShell(sql.join('; '))}`,
    });
  }
  if (again.length > 0) commands.push({ kind: 'verify', tables: again, command: ofTables(again) });
  return commands.map((each) => ({
    ...each,
    command: commandsForSource(each.command, sourceName),
  }));
}

/** The commands as people read them. */
export function mendingLines(commands: readonly MendingCommand[], engine: string): string[] {
  return commands.flatMap(({ kind, tables, command }) => {
    switch (kind) {
      case 'repair':
        return [`To put the rows right, while the writer works: ${command}`];
      case 'resync':
        return [
          `To take them anew from the source: ${command}`,
          ...(engine.includes('://')
            ? [
                'A copy has one writer: end `theflash serve --binlog` first, and give --engine its folder.',
              ]
            : []),
        ];
      case 'drop':
        return [
          `To drop what the copy alone has, if the source has it indeed no more (GRANT SELECT shows a user all): ${command}`,
        ];
      case 'verify':
        return [
          `Rows that are not settled may be equal; compare ${tables.join(', ')} again: ${command}`,
        ];
    }
  });
}
