// Makes a copy wrong in every way, by SQL, and says how: what a comparison has to find.
import { queryRows, quoteIdentifier, type Engine } from '../../src/protocol/index.js';
import type { Random, workloadTables } from '../workload/index.js';

type WorkloadTable = ReturnType<typeof workloadTables>[number];

/** So often a kind is drawn by chance. */
const triesMin = 40;

/** Rows of a table that a comparison is to find. */
export interface Wrong {
  missing: number;
  extra: number;
  different: number;
}

/**
 * Makes so many corruptions in tables of the database `w`: a value of each column of tables with a key first, then
 * values, missing rows, extra rows and doubled rows by chance. Each is of a row of its own.
 */
export async function corrupt(
  engine: Engine,
  tables: readonly WorkloadTable[],
  random: Random,
  count: number,
): Promise<{ wrong: Map<string, Wrong>; kinds: Map<string, number> }> {
  const keyed = tables.filter(({ primaryKey }) => primaryKey.length > 0);
  const keyless = tables.filter(({ primaryKey }) => primaryKey.length === 0);
  const wrong = new Map<string, Wrong>();
  const kinds = new Map<string, number>();
  const corruption = new Corruption(engine, random, wrong);
  const make = async (kind: string, work: () => Promise<boolean>): Promise<void> => {
    if (await work()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  };
  const done = (): number => [...kinds.values()].reduce((sum, each) => sum + each, 0);
  for (const table of keyed) {
    for (const { name } of table.columns) {
      if (table.primaryKey.includes(name)) continue;
      await make('value', () => corruption.changeValue(table, name));
    }
    await make('missing', () => corruption.removeRow(table));
    await make('extra', () => corruption.addRow(table));
  }
  for (let tries = 0; (tries < triesMin || done() < count) && tries < 10 * count; tries += 1) {
    const some = random.pick([keyed, keyless]);
    const table = some[random.int(0, some.length - 1)];
    if (table === undefined) continue;
    if (table.primaryKey.length === 0) {
      await make('doubled', () => corruption.doubleRow(table));
      await make('missing without a key', () => corruption.removeGroup(table));
      await make('value without a key', () => corruption.changeGroup(table));
      continue;
    }
    await make('NULL', () => corruption.makeNull(table));
    await make('missing', () => corruption.removeRow(table));
    await make('extra', () => corruption.addRow(table));
  }
  return { wrong, kinds };
}

class Corruption {
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #wrong: Map<string, Wrong>;
  /** Rows that are wrong already, by what chooses them. */
  readonly #used = new Map<string, string[]>();
  /** Of the columns of all tables, by `table.column`. */
  #types: ReadonlyMap<string, string> | undefined;

  constructor(engine: Engine, random: Random, wrong: Map<string, Wrong>) {
    this.#engine = engine;
    this.#random = random;
    this.#wrong = wrong;
  }

  async changeValue(table: WorkloadTable, name: string): Promise<boolean> {
    const column = quoteIdentifier(name);
    const where = await this.#chooseRow(table, `${column} IS NOT NULL`);
    if (where === undefined) return false;
    const value = otherValue(column, await this.#typeOf(table, name));
    await this.#engine.execute(`UPDATE w.${table.name} SET ${column} = ${value} WHERE ${where}`);
    return this.#note(table, 'different', 1);
  }

  async makeNull(table: WorkloadTable): Promise<boolean> {
    const columns = table.columns.filter(({ nullable }) => nullable);
    const column = columns[this.#random.int(0, columns.length - 1)];
    if (column === undefined) return false;
    const name = quoteIdentifier(column.name);
    const where = await this.#chooseRow(table, `${name} IS NOT NULL`);
    if (where === undefined) return false;
    await this.#engine.execute(`UPDATE w.${table.name} SET ${name} = NULL WHERE ${where}`);
    return this.#note(table, 'different', 1);
  }

  async removeRow(table: WorkloadTable): Promise<boolean> {
    const where = await this.#chooseRow(table, '1');
    if (where === undefined) return false;
    await this.#engine.execute(`DELETE FROM w.${table.name} WHERE ${where}`);
    return this.#note(table, 'missing', 1);
  }

  /** A row with another key than any: a different one each time. */
  async addRow(table: WorkloadTable): Promise<boolean> {
    const where = await this.#chooseRow(table, '1');
    const [key = ''] = table.primaryKey.slice(-1);
    if (where === undefined) return false;
    const value = otherKey(quoteIdentifier(key), await this.#typeOf(table, key));
    const names = table.primaryKey.map((name) => (name === key ? value : quoteIdentifier(name)));
    const [row] = await queryRows(
      this.#engine,
      `SELECT toString(cityHash64(${names.join(', ')})) AS added FROM w.${table.name} WHERE ${where}`,
    );
    // It is wrong already.
    this.#used.get(table.name)?.push(String(row?.['added']));
    await this.#engine.execute(
      // In one SELECT, WHERE would mean the new key.
      `INSERT INTO w.${table.name} SELECT * REPLACE (${value} AS ${quoteIdentifier(key)})
       FROM (SELECT * FROM w.${table.name} WHERE ${where})`,
    );
    return this.#note(table, 'extra', 1);
  }

  async doubleRow(table: WorkloadTable): Promise<boolean> {
    const where = await this.#chooseGroup(table);
    if (where === undefined) return false;
    await this.#engine.execute(
      `INSERT INTO w.${table.name} SELECT * FROM w.${table.name} WHERE ${where} LIMIT 1`,
    );
    return this.#note(table, 'extra', 1);
  }

  async removeGroup(table: WorkloadTable): Promise<boolean> {
    const where = await this.#chooseGroup(table);
    if (where === undefined) return false;
    const rows = await this.#count(table, where);
    await this.#engine.execute(`DELETE FROM w.${table.name} WHERE ${where}`);
    return this.#note(table, 'missing', rows);
  }

  async changeGroup(table: WorkloadTable): Promise<boolean> {
    const where = await this.#chooseGroup(table);
    if (where === undefined) return false;
    const rows = await this.#count(table, where);
    await this.#engine.execute(`UPDATE w.${table.name} SET a = 77 WHERE ${where}`);
    this.#note(table, 'missing', rows);
    return this.#note(table, 'extra', rows);
  }

  #note({ name }: WorkloadTable, kind: keyof Wrong, rows: number): true {
    const wrong = this.#wrong.get(`w.${name}`) ?? { missing: 0, extra: 0, different: 0 };
    this.#wrong.set(`w.${name}`, wrong);
    wrong[kind] += rows;
    return true;
  }

  #chooseRow(table: WorkloadTable, condition: string): Promise<string | undefined> {
    const key = table.primaryKey.map((name) => quoteIdentifier(name)).join(', ');
    return this.#choose(table, `cityHash64(${key})`, condition);
  }

  #chooseGroup(table: WorkloadTable): Promise<string | undefined> {
    return this.#choose(table, 'n', '1');
  }

  /** A condition that one row meets, or one group of rows, and that no other corruption has had. */
  async #choose(
    { name }: WorkloadTable,
    by: string,
    condition: string,
  ): Promise<string | undefined> {
    const used = this.#used.get(name) ?? [];
    this.#used.set(name, used);
    const [row] = await queryRows(
      this.#engine,
      `SELECT toString(${by}) AS chosen FROM w.${name} WHERE ${condition}
       AND toString(${by}) NOT IN (${["''", ...used.map((each) => `'${each}'`)].join(', ')})
       ORDER BY cityHash64(${by}, ${this.#random.int(0, 1_000_000)}) LIMIT 1`,
    );
    if (row === undefined) return undefined;
    used.push(String(row['chosen']));
    return `${by} = ${String(row['chosen'])}`;
  }

  async #typeOf({ name }: WorkloadTable, column: string): Promise<string> {
    this.#types ??= await readTypes(this.#engine);
    return this.#types.get(`${name}.${column}`) ?? '';
  }

  async #count({ name }: WorkloadTable, where: string): Promise<number> {
    const [row] = await queryRows(
      this.#engine,
      `SELECT count() AS c FROM w.${name} WHERE ${where}`,
    );
    return Number(row?.['c']);
  }
}

async function readTypes(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const sql = "SELECT table, name, type FROM system.columns WHERE database = 'w'";
  const rows = await queryRows(engine, sql);
  return new Map(
    rows.map((row) => [`${String(row['table'])}.${String(row['name'])}`, String(row['type'])]),
  );
}

/** A key that no row of the workload has. */
function otherKey(column: string, type: string): string {
  if (type === 'UInt64') return `${column} - 1000000`;
  if (/Int|Decimal/.test(type)) return `${column} + 1000000`;
  if (type.includes('Date')) return `${column} + INTERVAL 50 YEAR`;
  return `concat(${column}, '~')`;
}

/** An expression of the same type for another value. */
export function otherValue(column: string, type: string): string {
  if (/^(?:Nullable\()?U?Int/.test(type)) return `bitXor(${column}, 1)`;
  if (/Decimal|Float/.test(type)) return `if(${column} = 0, 1, -${column})`;
  if (type.includes('Array')) return `arrayPushBack(${column}, 1.5)`;
  if (type.includes('Date32')) return `${column} - 1`;
  if (type.includes('DateTime64')) return `${column} - INTERVAL 1 SECOND`;
  if (type.includes('Time64')) return `if(${column} = '00:00:07', '00:00:08', '00:00:07')`;
  return `concat(${column}, 'x')`;
}
