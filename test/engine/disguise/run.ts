import path from 'node:path';
import { FlashError, queryRows, type Engine } from '../../../src/protocol/index.js';
import type { Random } from '../../workload/random.js';
import { openEmbeddedEngine } from '../open-engine.js';
import { disguise, plainOf, spaces } from './disguise.js';
import { refusedTemplates, rowTemplates, tableTemplates } from './templates.js';

/** What a run did. `wrong` has the statements that came out otherwise in disguise; empty if none. */
export interface DisguiseReport {
  statements: number;
  refused: number;
  wrong: string[];
}

const freshEvery = 25;
/** Of the two databases: one gets the statements plain, the other in disguise. */
const [plain, hidden] = ['seen', 'gone'] as const;

/** Runs random statements plain and in disguise, each on tables of its own, and compares what they did. */
export async function runDisguises(
  folder: string,
  random: Random,
  isOver: (statements: number) => boolean,
): Promise<DisguiseReport> {
  const report: DisguiseReport = { statements: 0, refused: 0, wrong: [] };
  const engine = await openEmbeddedEngine(path.join(folder, 'data'));
  try {
    const known = await knownSpaces(engine);
    for (let index = 0; !isOver(index) && report.wrong.length === 0; index += 1) {
      if (index % freshEvery === 0) await makeTables(engine);
      const templates = random.pick([rowTemplates, rowTemplates, refusedTemplates, tableTemplates]);
      const template = random.pick<string>(templates);
      const given = plainOf(template).replaceAll('{db}', plain);
      const disguised = disguise(template.replaceAll('{db}', hidden), random, known);
      const [one, other] = [await outcome(engine, given), await outcome(engine, disguised)];
      report.statements += 1;
      if (one.startsWith('!')) report.refused += 1;
      else if (templates === refusedTemplates) report.wrong.push(`not refused: ${given}`);
      const [is, should] = [await stateOf(engine, hidden), await stateOf(engine, plain)];
      if (one.replaceAll(plain, hidden) !== other || is !== should) {
        const lines = should.split('\n').filter((line) => !is.split('\n').includes(line));
        const others = is.split('\n').filter((line) => !should.split('\n').includes(line));
        report.wrong.push(
          [given, JSON.stringify(disguised), one, other, ...lines, ...others].join('\n'),
        );
      }
      if (templates === tableTemplates) await makeTables(engine);
    }
  } finally {
    await engine.close();
  }
  return report;
}

async function knownSpaces(engine: Engine): Promise<readonly string[]> {
  const known: string[] = [];
  for (const space of spaces) {
    const sql = `SELECT formatQueryOrNull($text$SELECT${space}1$text$) = 'SELECT 1' AS is_space`;
    const [row] = await queryRows(engine, sql);
    if (Number(row?.['is_space']) === 1) known.push(space);
  }
  return known;
}

async function makeTables(engine: Engine): Promise<void> {
  for (const db of [plain, hidden]) {
    await engine.execute(`DROP DATABASE IF EXISTS ${db} SYNC; CREATE DATABASE ${db};
      CREATE TABLE ${db}.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
      CREATE TABLE ${db}.u (k Int64, v String) ENGINE = MutableMergeTree ORDER BY tuple();
      CREATE TABLE ${db}.ids (k Int64) ENGINE = MutableMergeTree ORDER BY k;
      CREATE TABLE ${db}.p (k Int64, v String) ENGINE = MergeTree ORDER BY k;
      CREATE VIEW ${db}.v AS SELECT k FROM ${db}.t;
      INSERT INTO ${db}.t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
      DELETE FROM ${db}.t WHERE k = 2;
      INSERT INTO ${db}.u VALUES (1, 'a'), (1, 'a'), (2, 'b');
      INSERT INTO ${db}.ids VALUES (1), (2), (3); DELETE FROM ${db}.ids WHERE k = 2;
      INSERT INTO ${db}.p VALUES (1, 'a'), (2, 'b')`);
  }
}

const asText = (rows: readonly Record<string, unknown>[]): string =>
  JSON.stringify(rows.map((row) => Object.values(row).map(String)));

/** The rows that a statement gives, or the code of its error. */
async function outcome(engine: Engine, sql: string): Promise<string> {
  try {
    return asText(await queryRows(engine, sql));
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    return `!${error.code} ${String(error.place.engineCode ?? '')}`;
  }
}

/** The newest rows and tombstones that are stored, without their versions, the tables, and the count of mutations. */
async function stateOf(engine: Engine, db: string): Promise<string> {
  const tables = await queryRows(
    engine,
    `SELECT name, engine, create_table_query LIKE '%\\_INTERNAL\\_VERSION%' AS mutable FROM system.tables WHERE database = '${db}' ORDER BY name`,
  );
  const texts = [asText(tables)];
  for (const { name, mutable, engine: kind } of tables) {
    if (kind === 'View') continue;
    const table = `${db}.\`${String(name)}\``;
    const versions = Number(mutable) === 1;
    const raw = `SELRAW * EXCEPT(_INTERNAL_VERSION, _INTERNAL_ROW_INDEX), _INTERNAL_VERSION = 0 AS is_bare FROM ${table} ORDER BY ALL`;
    // Else it is chance which older versions a merge has dropped.
    if (versions) await engine.execute(`OPTIMIZE TABLE ${table} FINAL`);
    const text = versions ? asText(await queryRows(engine, raw)) : 'plain';
    texts.push(`${String(name)} ${text}`);
    texts.push(asText(await queryRows(engine, `SELECT * FROM ${table} ORDER BY ALL`)));
  }
  texts.push(
    asText(
      await queryRows(engine, `SELECT count() AS n FROM system.mutations WHERE database = '${db}'`),
    ),
  );
  return texts.join('\n').replaceAll(db, 'db');
}
