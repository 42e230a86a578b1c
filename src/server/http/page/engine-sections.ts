import { formatBytes } from '../../../protocol/index.js';
import { type StatusDocument } from '../../status-document.js';
import { html, type Html } from './html.js';
import { dataTable, facts, moment, none, section } from './parts.js';

/** What the copies are, and the engine that they lie in. */
export function copySection(status: StatusDocument, warnings: readonly string[]): Html {
  const { copy, namedCopies, engine, engineVersion, patches, sandbox, disk } = status;
  const copies = [...(copy === null ? [] : [{ name: '', ...copy }]), ...namedCopies];
  const parts = copies.map(({ name, summary, position, gtidSet, sourceTime }) =>
    facts([
      ['Copy', name === '' ? summary : `${name}: ${summary}`],
      ['Position', html`<code>${position.file}:${position.offset}</code>`],
      ['GTIDs', gtidSet === '' ? undefined : html`<code>${gtidSet}</code>`],
      ['Newest', sourceTime === null ? undefined : html`transaction of ${moment(sourceTime)}`],
    ]),
  );
  const room =
    disk === null
      ? undefined
      : `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} left`;
  const content = html`${copies.length === 0 ? none('Nothing was copied yet.') : parts}
  ${warnings.map((line) => html`<p class="box"><strong class="wait">Warning:</strong> ${line}</p>`)}
  ${facts([
    ['Engine', `${engine}: ClickHouse ${engineVersion}`],
    ['Patches', patches.join(', ')],
    ['Sandbox', sandbox],
    ['Disk', room],
  ])}`;
  return section('copy', 'Copy', content);
}

export function tablesSection({ tables }: StatusDocument): Html {
  const columns = [
    { name: 'Table' },
    ...['Rows', 'Bytes', 'Parts', 'Deleted'].map((name) => ({ name, isNumber: true })),
  ];
  const rows = tables.map(({ database, table, rows: count, bytes, parts, deletedRows }) => [
    `${database}.${table}`,
    ...[count, formatBytes(bytes), parts, deletedRows ?? ''],
  ]);
  const content =
    rows.length === 0 ? none('There are no tables.') : dataTable('Tables', columns, rows);
  return section('tables', 'Tables', content);
}

export function snapshotsSection({ snapshots }: StatusDocument): Html {
  const columns = ['Snapshot', 'Held by', 'Since', 'Until', 'Tables'].map((name) => ({ name }));
  const rows = snapshots.map(({ name, holder, createdAt, expiresAt, tables }) => [
    name,
    holder === 'plan' ? 'a reader over TCP' : 'a user, by CREATE SNAPSHOT',
    ...[moment(createdAt), moment(expiresAt), tables.join(', ')],
  ]);
  const content =
    rows.length === 0 ? none('There are none.') : dataTable('Snapshots', columns, rows);
  return section('snapshots', 'Snapshots', content);
}
