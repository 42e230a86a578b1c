import { queryRows, type Engine, type TableSchema } from '../../../src/protocol/index.js';
import type { Random } from '../../workload/random.js';
import { buildStream, type Change } from '../change-builder.js';
import { createTable, keyedTable } from '../engine-suite.js';
import { put, remove } from '../rows.js';

/** Three tables of accounts; `bank_c` has no key, so an account of it changes by a delete and an insert. */
const banks = ['bank_a', 'bank_b', 'bank_c'] as const;
type Bank = (typeof banks)[number];

const accountsPerBank = 20;
const firstBalance = 1000;
export const moneyInAll = banks.length * accountsPerBank * firstBalance;
const source = 'bank';

/** One row a transfer, in the same batch as the money. */
const journal = keyedTable('bank_journal');
const schemas: Record<Bank, TableSchema> = {
  bank_a: keyedTable('bank_a'),
  bank_b: keyedTable('bank_b'),
  bank_c: { ...keyedTable('bank_c'), primaryKey: [] },
};

/** Makes the banks, with the same balance in every account. */
export async function foundBanks(engine: Engine): Promise<void> {
  for (const bank of banks) await createTable(engine, bank, bank === 'bank_c' ? '' : 'id');
  await createTable(engine, 'bank_journal');
  const changes = Array.from({ length: accountsPerBank }, (_, id) => put(id, String(firstBalance)));
  await commit(engine, new Map(banks.map((bank) => [schemas[bank], changes])), 0);
}

async function commit(
  engine: Engine,
  writes: ReadonlyMap<TableSchema, readonly Change[]>,
  transfer: number,
): Promise<void> {
  const batch = await engine.openBatch();
  try {
    for (const [schema, changes] of [...writes, [journal, [put(transfer, 'done')]] as const]) {
      const first = await batch.reserveVersions(changes.length);
      await batch.append(schema, buildStream(schema, changes, first));
    }
    await batch.commit(source, String(transfer));
  } finally {
    await batch.close();
  }
}

/**
 * Moves money between accounts, batch by batch, until `isOver`; tells each transfer that was
 * acknowledged. Begins with the balances that the engine holds.
 */
export async function moveMoney(
  engine: Engine,
  random: Random,
  isOver: () => boolean,
  onTransfer: (transfer: number) => void,
): Promise<void> {
  const balances = new Map<Bank, number[]>();
  for (const bank of banks) {
    const rows = await queryRows(engine, `SELECT toInt64(v) AS v FROM ${bank}.t ORDER BY id`);
    balances.set(
      bank,
      rows.map((row) => Number(row['v'])),
    );
  }
  let transfer = Number(await engine.readCheckpoint(source));
  while (!isOver()) {
    transfer += 1;
    const writes = new Map<TableSchema, Change[]>();
    const pay = (amount: number): void => {
      const bank = random.pick(banks);
      const id = random.int(0, accountsPerBank - 1);
      const held = balances.get(bank) ?? [];
      const before = held[id] ?? 0;
      held[id] = before + amount;
      const changes = writes.get(schemas[bank]) ?? [];
      if (bank === 'bank_c') changes.push(remove(id, String(before)));
      changes.push(put(id, String(before + amount)));
      writes.set(schemas[bank], changes);
    };
    for (let payments = random.int(1, 5); payments > 0; payments--) {
      const amount = random.int(1, 500);
      pay(-amount);
      pay(amount);
    }
    await commit(engine, writes, transfer);
    onTransfer(transfer);
  }
}

const parts = banks.map((bank) => `SELECT id, v FROM ${bank}.t`).join(' UNION ALL ');
const joined = `bank_a.t AS a JOIN bank_b.t AS b ON a.id = b.id JOIN bank_c.t AS c ON a.id = c.id`;

/** Queries that give all money as `total`, each by another way through the engine. */
export const totals = {
  scalars: `SELECT ${banks.map((bank) => `(SELECT sum(toInt64(v)) FROM ${bank}.t)`).join(' + ')} AS total`,
  union: `SELECT toInt64(v) AS total FROM (${parts}) ORDER BY id`,
  join: `SELECT toInt64(a.v) + toInt64(b.v) + toInt64(c.v) AS total FROM ${joined}`,
  membership: `SELECT toInt64(v) AS total FROM (${parts}) AS a WHERE id IN (SELECT id FROM bank_b.t)
    AND id NOT IN (SELECT id + 1000 FROM bank_c.t)`,
} as const;
export type Way = keyof typeof totals;
export const ways: readonly Way[] = ['scalars', 'union', 'join', 'membership'];

/** Reads all money by one query. Errors: a wrong total. */
export async function readTotal(engine: Engine, sql: string, way: string): Promise<void> {
  const rows = await queryRows(engine, sql);
  const total = rows.reduce((sum, row) => sum + Number(row['total']), 0);
  if (total !== moneyInAll) {
    throw new Error(`${way}: ${total} in ${rows.length} rows, and not ${moneyInAll}`);
  }
}

/** Reads all money table by table, twice, in one snapshot of all of them. Errors: a wrong total. */
export async function readSnapshot(engine: Engine, name: string): Promise<void> {
  const list = banks.map((bank) => `${bank}.t`).join(', ');
  await engine.execute(`CREATE SNAPSHOT ${name} OF ${list} EXPIRES IN 60 SECONDS`);
  for (const attempt of ['first', 'second']) {
    let total = 0;
    for (const bank of banks) {
      const sql = `SELECT toInt32(sum(toInt64(v))) AS total FROM ${bank}.t AT SNAPSHOT ${name}`;
      const [row] = await queryRows(engine, sql);
      total += Number(row?.['total']);
    }
    if (total !== moneyInAll) {
      throw new Error(`snapshot, read ${attempt}: ${total}, and not ${moneyInAll}`);
    }
  }
  await engine.execute(`DROP SNAPSHOT ${name}`);
}

/** Checks a folder after a kill; gives the number of transfers that it holds. */
export async function audit(engine: Engine): Promise<number> {
  for (const way of ways) await readTotal(engine, totals[way], way);
  const transfers = Number(await engine.readCheckpoint(source));
  const [row] = await queryRows(
    engine,
    'SELECT toInt32(count()) AS n, toInt32(max(id)) AS last FROM bank_journal.t',
  );
  const held = `${String(row?.['n'])} rows up to ${String(row?.['last'])}`;
  if (held !== `${transfers + 1} rows up to ${transfers}`) {
    throw new Error(`the journal holds ${held}, and the checkpoint is ${transfers}`);
  }
  return transfers;
}
