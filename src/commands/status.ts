import {
  engineFlags,
  FlashCommand,
  formatBytes,
  layOutTable,
  openEngine,
  readEngineStatus,
  terminalWidth,
  type EngineStatus,
  type TextColumn,
  type TextRow,
} from '../cli/index.js';
import type { SourceState } from '../protocol/index.js';
import { copyWarnings, unknownForeignKeysLine } from '../writer/index.js';

export default class Status extends FlashCommand {
  static override summary =
    'Show how the copy stands: checkpoint, rows, bytes, versions, open scans.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --engine tcp://127.0.0.1:9330 --json',
  ];

  static override flags = { ...engineFlags };

  async run(): Promise<EngineStatus> {
    const { flags } = await this.parse(Status);
    const engine = await openEngine(flags, { create: false });
    try {
      const status = await readEngineStatus(engine);
      if (!this.jsonEnabled()) this.#print(status);
      return status;
    } finally {
      await engine.close();
    }
  }

  #print(status: EngineStatus): void {
    this.log(`Engine      ${status.engine}: ClickHouse ${status.engineVersion}`);
    this.log(`Patches     ${status.patches.join(', ')}`);
    this.log(`Sandbox     ${status.sandbox}`);
    if (status.copy !== null) this.log(`Copy        ${status.copy.summary}`);
    for (const { source, summary } of status.namedCopies) {
      this.log(`Copy        ${source}: ${summary}`);
    }
    for (const { source, committedAt, checkpoint } of status.checkpoints) {
      this.log(`Checkpoint  ${source} at ${committedAt}: ${shorten(checkpoint)}`);
    }
    if (status.checkpoints.length === 0) this.log('Checkpoint  none: nothing was written yet');
    if (status.server !== null) {
      const { version, startedAt, connections, openWrites, openScans } = status.server;
      this.log(`Server      ${version} since ${startedAt}, ${connections} connections`);
      this.log(`Open        ${openScans.length} scans, ${openWrites} writes`);
      for (const source of status.server.sources) {
        for (const line of sourceLines(source)) this.log(`Source      ${line}`);
      }
    }
    const { copy } = status;
    for (const line of copy === null ? [] : copyWarnings(copy)) this.log(`Warning     ${line}`);
    if (copy !== null && copy.unknownForeignKeys.length > 0) {
      this.log(`Warning     ${unknownForeignKeysLine(copy.unknownForeignKeys)}`);
    }
    for (const { source, ...named } of status.namedCopies) {
      for (const line of copyWarnings(named)) this.log(`Warning     ${source}: ${line}`);
      if (named.unknownForeignKeys.length === 0) continue;
      this.log(`Warning     ${source}: ${unknownForeignKeysLine(named.unknownForeignKeys)}`);
    }
    const rows: readonly TextRow[] = status.tables.map((table) => [
      `${table.database}.${table.table}`,
      String(table.rows),
      formatBytes(table.bytes),
    ]);
    this.log(layOutTable(tableColumns, rows, terminalWidth()).trimEnd());
  }
}

const tableColumns: readonly TextColumn[] = [
  { name: 'table', align: 'left' },
  { name: 'rows', align: 'right' },
  { name: 'bytes', align: 'right' },
];

/** How a followed source stands, for people: what it does, and if it stopped, why and what to do. */
function sourceLines(source: SourceState): string[] {
  const { location, phase, sinceMs, sourceTimeMs, failure, retryAtMs } = source;
  const lines = [`${location}: ${phase} since ${time(sinceMs)}`];
  if (sourceTimeMs !== undefined && sourceTimeMs > 0) {
    lines.push(`newest transaction that readers see: ${time(sourceTimeMs)}`);
  }
  if (failure === undefined) return lines;
  const { code, message, hint, atMs } = failure;
  const next = retryAtMs === undefined ? '' : `, next try ${time(retryAtMs)}`;
  lines.push(
    `${phase === 'stopped' ? 'stopped' : 'last stopped'} ${time(atMs)}${next}: ${code} ${message}`,
  );
  return hint === undefined ? lines : [...lines, hint];
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

const checkpointWidth = 100;

function shorten(checkpoint: string): string {
  const line = checkpoint.replace(/\s+/g, ' ');
  return line.length <= checkpointWidth ? line : `${line.slice(0, checkpointWidth - 1)}…`;
}
