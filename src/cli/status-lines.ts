import { formatBytes, type SourceState } from '../protocol/index.js';
import { copyWarnings, unknownForeignKeysLine } from '../writer/index.js';
import type { TableStatus } from '../server/index.js';
import type { CopyStatus, EngineStatus } from './engine-status.js';
import { layOutTable, type TextColumn, type TextRow } from './format/index.js';

/**
 * Gives a status as people read it.
 *
 * Units: lines are broken at `widthMax` columns, and the table of tables narrowed to `tableWidth`; nothing is cut but in that.
 */
export function statusLines(status: EngineStatus, widthMax: number, tableWidth: number): string[] {
  const lines: (readonly [string, string])[] = [
    ['Engine', `${status.engine}: ClickHouse ${status.engineVersion}`],
    ['Patches', status.patches.join(', ')],
    ['Sandbox', status.sandbox],
    ...diskLines(status),
    ...copyLines(status),
    ...serverLines(status),
    ...snapshotLines(status),
    ...statusWarnings(status).map((line): Line => ['Warning', line]),
  ];
  return [
    ...lines.flatMap(([name, text]) =>
      wrap(text, widthMax - labelWidth).map((line, index) =>
        `${(index === 0 ? name : '').padEnd(labelWidth)}${line}`.trimEnd(),
      ),
    ),
    layOutTable(tableColumns, status.tables.map(tableRow), tableWidth).trimEnd(),
  ];
}

const labelWidth = 12;

const tableColumns: readonly TextColumn[] = [
  { name: 'table', align: 'left' },
  { name: 'rows', align: 'right' },
  { name: 'bytes', align: 'right' },
  { name: 'parts', align: 'right' },
  { name: 'deleted', align: 'right' },
];

function tableRow({ database, table, rows, bytes, parts, deletedRows }: TableStatus): TextRow {
  const deleted = deletedRows === null ? '' : String(deletedRows);
  return [`${database}.${table}`, String(rows), formatBytes(bytes), String(parts), deleted];
}

type Line = readonly [string, string];

function diskLines({ disk }: EngineStatus): Line[] {
  if (disk === null) return [];
  return [['Disk', `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} left`]];
}

function copyLines({ copy, namedCopies, lag, checkpoints }: EngineStatus): Line[] {
  const lines: Line[] = copy === null ? [] : placeLines(copy, '');
  for (const named of namedCopies) lines.push(...placeLines(named, `${named.name}: `));
  if (lag !== null) {
    const { source, serverVersion, position, bytes, seconds } = lag;
    lines.push([
      'Source is at',
      `${position.file}:${position.offset} (${source}, ${serverVersion})`,
    ]);
    const time = seconds === null ? '' : `, ${seconds.toFixed(1)} s`;
    lines.push([
      'Lag',
      bytes === 0 ? 'none: the copy is where the log ends' : `${formatBytes(bytes)}${time}`,
    ]);
  }
  for (const { source, committedAt } of checkpoints) {
    lines.push(['Checkpoint', `${source} at ${committedAt}`]);
  }
  if (checkpoints.length === 0) lines.push(['Checkpoint', 'none: nothing was written yet']);
  return lines;
}

/** `of`: the name of the source and a colon, where it has one. */
function placeLines(copy: CopyStatus, of: string): Line[] {
  const { source, position, gtidSet, sourceTime } = copy;
  const id = source.serverId === undefined ? '' : `, server_id ${source.serverId}`;
  const lines: Line[] = [
    ['Copy', `${of}${copy.summary}`],
    ['Made from', `${of}${source.flavor === 'mysql' ? 'MySQL' : 'MariaDB'}${id}`],
    ['Position', `${of}${position.file}:${position.offset}`],
  ];
  if (gtidSet !== '') lines.push(['GTIDs', `${of}${gtidSet}`]);
  if (sourceTime !== null) lines.push(['Newest', `${of}transaction of ${sourceTime}`]);
  return lines;
}

function serverLines({ server }: EngineStatus): Line[] {
  if (server === null) return [];
  const { version, startedAt, connections, openWrites, openScans, sources } = server;
  return [
    ['Server', `${version} since ${startedAt}, ${connections} connections`],
    ['Open', `${openScans.length} scans, ${openWrites} writes`],
    ...sources.flatMap((source) => sourceLines(source).map((line): Line => ['Source', line])),
  ];
}

function snapshotLines({ snapshots }: EngineStatus): Line[] {
  return snapshots.map(({ name, createdAt, expiresAt, holder, tables }) => [
    'Snapshot',
    `${name} of ${tables.join(', ')}, ${holder === 'plan' ? 'held by a reader over TCP' : 'made by a user'} ${createdAt}, until ${expiresAt}`,
  ]);
}

/** What people should know of copies that do not hold all. */
export function statusWarnings({
  copy,
  namedCopies,
}: Pick<EngineStatus, 'copy' | 'namedCopies'>): string[] {
  const lines = copy === null ? [] : warningsOf(copy);
  for (const named of namedCopies) {
    lines.push(...warningsOf(named).map((line) => `${named.name}: ${line}`));
  }
  return lines;
}

function warningsOf(copy: CopyStatus): string[] {
  const lines = [...copyWarnings(copy)];
  if (copy.unknownForeignKeys.length > 0) {
    lines.push(unknownForeignKeysLine(copy.unknownForeignKeys));
  }
  return lines;
}

/** How a followed source stands, for people: what it does, and if it stopped, why and what to do. */
function sourceLines(source: SourceState): string[] {
  const { location, phase, sinceMs, sourceTimeMs, visibleAtMs, failure, retryAtMs } = source;
  const lines = [`${location}: ${phase} since ${time(sinceMs)}`];
  if (sourceTimeMs !== undefined && sourceTimeMs > 0) {
    const after =
      visibleAtMs === undefined
        ? ''
        : `, ${(Math.max(0, visibleAtMs - sourceTimeMs) / 1000).toFixed(1)} s after it was committed`;
    lines.push(`newest transaction that readers see: ${time(sourceTimeMs)}${after}`);
  }
  const { lagMs, behindBytes } = source;
  if (lagMs !== undefined) {
    const bytes = behindBytes === undefined ? '' : `, ${formatBytes(behindBytes)} of its logs`;
    lines.push(`lag ${(lagMs / 1000).toFixed(1)} s${bytes}`);
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

/** Breaks after spaces and commas; a word that is longer stays whole. */
function wrap(text: string, widthMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )|(?<=,)(?! )/)) {
    if (line !== '' && (line + word).trimEnd().length > widthMax) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}
