import { Args } from '@oclif/core';
import {
  engineFlags,
  FlashCommand,
  layOutTable,
  openEngine,
  terminalWidth,
  type TextColumn,
  type TextRow,
} from '../cli/index.js';
import {
  chooseTable,
  countRows,
  formatBytes,
  listColumns,
  listTables,
  parseTableName,
  tableName,
} from '../protocol/index.js';
import { copyWarnings, readCopyState, type CopyState } from '../writer/index.js';
import { FlashError, type CatalogTable, type Engine, type ScanColumn } from '../protocol/index.js';

/** A column as `--json` gives it: null where the MySQL type is not known. */
interface ColumnListing extends Omit<ScanColumn, 'mysqlType'> {
  mysqlType: string | null;
}

/** A table as `--json` gives it. Units: `bytes` compressed, on disk. */
interface TableListing extends CatalogTable {
  rows: number;
  columns: readonly ColumnListing[];
}

export default class Tables extends FlashCommand {
  static override summary = 'List the tables: keys, columns, rows and bytes.';

  static override description =
    'Rows are counted as a reader sees them now. Bytes are what the table takes on disk, compressed, older ' +
    'versions of rows included.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> shop',
    '<%= config.bin %> <%= command.id %> shop.orders',
    '<%= config.bin %> <%= command.id %> --json',
  ];

  static override args = {
    table: Args.string({
      description: 'Show the columns of this table, or the tables of this database.',
    }),
  };

  static override flags = { ...engineFlags };

  async run(): Promise<{ tables: readonly TableListing[]; copy: CopyState | null }> {
    const { args, flags } = await this.parse(Tables);
    const engine = await openEngine(flags, { create: false });
    try {
      const { found, isOne } = chooseTables(await listTables(engine), args.table, engine.location);
      const tables: TableListing[] = [];
      for (const table of found) tables.push(await describeTable(engine, table));
      const [first] = tables;
      if (isOne && first !== undefined) this.#printColumns(first);
      else this.#printTables(tables, engine.location);
      const copy = await this.#readCopy(engine);
      for (const line of copy === null ? [] : copyWarnings(copy)) this.logToStderr(line);
      return { tables, copy };
    } finally {
      await engine.close();
    }
  }

  /** A user of a server reads no checkpoints: that it is not known whether the copy holds all is told. */
  async #readCopy(engine: Engine): Promise<CopyState | null> {
    try {
      return (await readCopyState(engine)) ?? null;
    } catch (error) {
      if (!(error instanceof FlashError) || error.code !== 'DENIED') throw error;
      this.logToStderr("Whether the copy holds all is told to who has the server's token.");
      return null;
    }
  }

  #printTables(tables: readonly TableListing[], location: string): void {
    if (tables.length === 0) {
      this.logToStderr(`No table in ${location} yet. \`theflash write\` brings some.`);
      return;
    }
    const columns: TextColumn[] = [
      { name: 'table', align: 'left' },
      { name: 'rows', align: 'right' },
      { name: 'size', align: 'right' },
      { name: 'columns', align: 'right' },
      { name: 'key', align: 'left' },
    ];
    this.#print(
      columns,
      tables.map((table) => [
        tableName(table),
        String(table.rows),
        formatBytes(table.bytes),
        String(table.columns.length),
        table.primaryKey.join(', '),
      ]),
    );
  }

  #printColumns(table: TableListing): void {
    const columns: TextColumn[] = [
      { name: 'column', align: 'left' },
      { name: 'MySQL type', align: 'left' },
      { name: 'engine type', align: 'left' },
      { name: 'key', align: 'right' },
    ];
    this.#print(
      columns,
      table.columns.map(({ name, mysqlType, engineType }) => {
        const place = table.primaryKey.indexOf(name);
        return [name, mysqlType ?? '', engineType, place < 0 ? '' : String(place + 1)];
      }),
    );
    this.log(`${table.rows} row${table.rows === 1 ? '' : 's'}, ${formatBytes(table.bytes)}`);
  }

  #print(columns: readonly TextColumn[], rows: readonly TextRow[]): void {
    this.log(layOutTable(columns, rows, terminalWidth()).trimEnd());
  }
}

/** The tables that a name stands for: one table, or those of a database where no table has the name. */
function chooseTables(
  tables: readonly CatalogTable[],
  name: string | undefined,
  location: string,
): { found: readonly CatalogTable[]; isOne: boolean } {
  if (name === undefined) return { found: tables, isOne: false };
  const { database, table } = parseTableName(name);
  const named = tables.filter((each) => each.database === table);
  if (database === undefined && named.length > 0 && !tables.some((each) => each.table === table)) {
    return { found: named, isOne: false };
  }
  return { found: [chooseTable(tables, name, location)], isOne: true };
}

async function describeTable(engine: Engine, table: CatalogTable): Promise<TableListing> {
  const columns = (await listColumns(engine, table)).map((column) => ({
    ...column,
    mysqlType: column.mysqlType ?? null,
  }));
  return { ...table, rows: await countRows(engine, table), columns };
}
