import path from 'node:path';
import { queryRows, type Engine } from '../../../src/protocol/index.js';
import type { Random } from '../../workload/random.js';
import { openEmbeddedEngine } from '../open-engine.js';
import { pickChange } from './changes.js';
import { queries } from './queries.js';
import { createTables } from './tables.js';

/** What a run did. `wrong` says where a mutable table and the plain one differ; empty if never. */
export interface DifferentialReport {
  changes: number;
  queries: number;
  reopens: number;
  wrong: string[];
}

const snapshotEvery = 40;
const reopenPercent = 2;

/**
 * Makes random changes of mutable tables and, by other statements, the same of plain ones, and asks
 * both the same until `end`, or until they differ.
 */
export async function runDifferential(
  folder: string,
  random: Random,
  isOver: (changes: number) => boolean,
): Promise<DifferentialReport> {
  const report: DifferentialReport = { changes: 0, queries: 0, reopens: 0, wrong: [] };
  const open = (): Promise<Engine> => openEmbeddedEngine(path.join(folder, 'data'));
  let engine = await open();
  const done: string[] = [];
  try {
    await createTables(engine);
    await engine.execute(
      'CREATE TABLE m.ids (k Int64) ENGINE = MutableMergeTree ORDER BY k; INSERT INTO m.ids SELECT number FROM numbers(20); DELETE FROM m.ids WHERE k % 3 = 0; CREATE TABLE o.ids (k Int64) ENGINE = MergeTree ORDER BY k; INSERT INTO o.ids SELECT number FROM numbers(20) WHERE number % 3 != 0',
    );
    while (!isOver(report.changes)) {
      if (random.chance(reopenPercent)) {
        await engine.close();
        engine = await open();
        report.reopens += 1;
      }
      const change = pickChange(random);
      done.push(change.mutable);
      await engine.execute(change.mutable);
      for (const statement of change.plain) await engine.execute(statement);
      report.changes += 1;
      if (report.changes % snapshotEvery === 0) await keepMoment(engine);
      const asked: readonly string[] = [
        queries[0],
        queries[1],
        random.pick(queries),
        random.pick(queries),
      ];
      const moment = report.changes >= snapshotEvery ? [momentQuery] : [];
      for (const query of [...asked, ...moment]) {
        report.queries += 1;
        const found = await differenceOf(engine, query);
        if (found === undefined) continue;
        report.wrong.push(`${found}\nafter:\n${done.slice(-6).join('\n')}`);
        return report;
      }
    }
  } finally {
    await engine.close();
  }
  return report;
}

const momentQuery = 'SELECT * FROM {db}.keyed{moment} ORDER BY ALL';

/** A snapshot of the mutable table, and a copy of the plain one. */
async function keepMoment(engine: Engine): Promise<void> {
  await engine.execute(`DROP SNAPSHOT IF EXISTS moment; CREATE SNAPSHOT moment OF m.keyed`);
  await engine.execute(
    'DROP TABLE IF EXISTS o.keyed_moment; CREATE TABLE o.keyed_moment ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM o.keyed',
  );
}

async function differenceOf(engine: Engine, query: string): Promise<string | undefined> {
  const [mutable, plain] = [
    query.replaceAll('{db}', 'm').replace('{moment}', ' AT SNAPSHOT moment'),
    query.replaceAll('{db}', 'o').replace('{moment}', '_moment'),
  ];
  const is = await rowsOf(engine, mutable);
  const should = await rowsOf(engine, plain);
  if (is === should) return undefined;
  return `${mutable}\ngives   ${is.slice(0, 2000)}\ninstead ${should.slice(0, 2000)}`;
}

async function rowsOf(engine: Engine, query: string): Promise<string> {
  const rows = await queryRows(engine, query);
  return JSON.stringify(
    rows.map((row) => Object.values(row)),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}
