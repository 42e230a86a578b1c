import {
  bindParameters,
  FlashError,
  queryRows,
  splitStatements,
  type Engine,
  type SqlParameters,
} from '../../protocol/index.js';

/** How a SELECT runs over shards. */
export type ShardedRead =
  /** On the home shard alone: it reads no table that is spread. */
  | { kind: 'home' }
  /** On all, the rows of each put together, and cut where there is a limit. */
  | { kind: 'gather'; rowsMax: number | undefined };

/**
 * Decides how a query runs. Where it is not certain that the rows of all shards together are the
 * result, it is refused: the engine's own plan must hold nothing but reads of one table and steps
 * that look at one row at a time.
 *
 * Errors: UNSUPPORTED, with the step that needs all rows; those of planning.
 */
export async function planRead(
  home: Engine,
  sql: string,
  parameters: SqlParameters = {},
): Promise<ShardedRead> {
  const bound = bindParameters(sql, parameters);
  const statements = splitStatements(bound);
  const [statement] = statements;
  const words = statement?.words ?? [];
  if (statement === undefined || statements.length > 1) {
    throw refuse('text of several statements', 'Run them one by one.');
  }
  if (homeWords.has(words[0] ?? '')) return { kind: 'home' };
  if (words[0] !== 'SELECT') throw refuse(words[0] ?? 'it', 'Only SELECT reads over shards.');
  // A scalar subquery is folded into a constant of one shard, and so is not in the plan.
  if (words.filter((word) => word === 'SELECT').length > 1) {
    throw refuse('subquery', 'Read each table by itself.');
  }
  const rows = await queryRows(home, `EXPLAIN PLAN ${statement.text}`);
  const steps = readSteps(rows.map((row) => String(row['explain'])));
  const reads = steps.filter(({ name }) => name.startsWith('Read'));
  const homeReads = reads.filter(isHome);
  if (homeReads.length === reads.length) return { kind: 'home' };
  if (homeReads.length > 0) {
    throw refuse('reading of tables of TheFlash beside others', 'Read each by itself.');
  }
  const [top, ...rest] = steps;
  const rowsMax = top?.limit;
  const inner = rowsMax === undefined ? steps : rest;
  const bad = inner.find(({ name }) => !rowSteps.has(name));
  if (bad !== undefined) {
    throw refuse(bad.name, 'Read the rows, and sort or add them up where they arrive.');
  }
  return { kind: 'gather', rowsMax };
}

/** Statements that give the same on every shard, as all have the same tables. */
const homeWords: ReadonlySet<string> = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN']);

/** Steps whose output for a row depends on that row alone. */
const rowSteps: ReadonlySet<string> = new Set([
  'Expression',
  'Filter',
  'ReadFromMergeTree',
  'ReadNothing',
  'ArrayJoin',
]);

interface Step {
  name: string;
  /** Of ReadFromMergeTree. */
  table: string | undefined;
  /** Of a Limit without offset. */
  limit: number | undefined;
}

function isHome({ name, table }: Step): boolean {
  if (name === 'ReadFromMergeTree') return table?.startsWith('theflash.') === true;
  return name.startsWith('ReadFromSystem') && name !== 'ReadFromSystemNumbers';
}

/**
 * Reads the steps of EXPLAIN, outermost first; lines with a colon before any bracket are their
 * attributes.
 */
function readSteps(lines: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  for (const line of lines) {
    const text = line.replace(/^[│├└─\s]+/u, '');
    if (text === '' || /^[^(]*:/.test(text)) continue;
    const last = steps.at(-1);
    const limit = /^Limit (\d+)$/.exec(text)?.[1];
    const offset = /^Offset (\d+)$/.exec(text)?.[1];
    if (last?.name === 'Limit' && limit !== undefined) last.limit = Number(limit);
    else if (last?.name === 'Limit' && offset === '0') continue;
    else if (last?.name === 'Limit' && offset !== undefined) last.limit = undefined;
    else {
      const [, name = text, table] = /^(\w+)(?: \((.*)\))?$/s.exec(text) ?? [];
      steps.push({ name, table, limit: undefined });
    }
  }
  return steps;
}

/**
 * Checks that statements without rows do the same over shards as on one engine, if each shard runs
 * them: changes of definitions, and UPDATE and DELETE, which look at one row at a time.
 *
 * Errors: UNSUPPORTED.
 */
export function checkSharded(sql: string): void {
  for (const { words } of splitStatements(sql)) {
    const [first = '', second = ''] = words;
    if (!everywhere.has(first) || second === 'SNAPSHOT' || second === 'OR') {
      throw refuse(`${first} ${second}`.trim(), hintOf(first, second));
    }
    if (words.includes('SELECT') && second !== 'VIEW') {
      throw refuse(`${first} with a SELECT`, 'Each shard would see its own rows only.');
    }
  }
}

/** True for statements that `checkSharded` is to judge, and not `planRead`. */
export function isForAll(sql: string): boolean {
  return splitStatements(sql).some(
    ({ words }) => !homeWords.has(words[0] ?? '') && words[0] !== 'SELECT',
  );
}

const everywhere: ReadonlySet<string> = new Set([
  'CREATE',
  'DROP',
  'ALTER',
  'TRUNCATE',
  'RENAME',
  'EXCHANGE',
  'OPTIMIZE',
  'UPDATE',
  'DELETE',
]);

function hintOf(first: string, second: string): string {
  if (second === 'SNAPSHOT') return 'Shards have no instant in common: snapshot each of them.';
  if (first === 'INSERT' || first === 'UPSERT' || first === 'IMPORT') {
    return 'Each shard would get the rows: write by `theflash write`, or on one shard.';
  }
  return 'Run it on each shard by itself: --engine tcp://host:port.';
}

function refuse(what: string, hint: string): FlashError {
  return new FlashError('UNSUPPORTED', `Over shards there is no ${what}`, { hint });
}
