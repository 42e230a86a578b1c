import {
  queryRows,
  quoteIdentifier,
  quoteTable,
  type Engine,
  type TableSchema,
} from '../protocol/index.js';
import type { Doubt } from './column-change.js';
import { createTableSql, type EngineTables } from './engine-tables.js';

interface TableReference {
  database: string;
  table: string;
}

/** Where tables are filled that will take the place of others: the writer's own database. */
const rebuildDatabase = 'theflash';

/** Makes new tables out of the rows of old ones. Names are the engine's. */
export class TableRebuild {
  readonly #engine: Engine;
  readonly #tables: EngineTables;

  constructor(engine: Engine, tables: EngineTables) {
    this.#engine = engine;
    this.#tables = tables;
  }

  /** The first kind of rows whose values are not certain of which there is one. */
  async findDoubt(table: TableReference, doubts: readonly Doubt[]): Promise<Doubt | undefined> {
    for (let from = 0; from < doubts.length; from += doubtsAtOnce) {
      const part = doubts.slice(from, from + doubtsAtOnce);
      const counts = part.map(({ sql }, index) => `countIf(ifNull(${sql}, 0)) AS d${index}`);
      const sql = `SELECT ${counts.join(', ')} FROM ${quoteTable(table)}`;
      const [row] = await queryRows(this.#engine, sql);
      const index = part.findIndex((_, each) => String(row?.[`d${each}`]) !== '0');
      if (index >= 0) return part[index];
    }
    return undefined;
  }

  /**
   * Fills a table beside the one that it will replace, one expression over the old columns for each
   * new one, and gives its name. What an earlier try has left there is dropped.
   */
  async fill(
    from: TableReference,
    schema: TableSchema,
    values: readonly string[],
  ): Promise<TableReference> {
    const uuid = await this.#tables.uuidOf(from);
    const table = { database: rebuildDatabase, table: `rebuild_${uuid ?? 'none'}` };
    await this.#tables.drop(table);
    await this.#engine.execute(createTableSql({ ...schema, ...table }));
    const names = schema.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    await this.#engine.execute(
      `INSERT INTO ${quoteTable(table)} (${names}) SELECT ${values.join(', ')} FROM ${quoteTable(from)}`,
    );
    return table;
  }
}

/** A statement of the engine has a bound of nodes; a table may have 4096 columns. */
const doubtsAtOnce = 100;
