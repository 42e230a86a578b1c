import { setTimeout as delay } from 'node:timers/promises';
import { quoteSourceName, quoteSourceTable, TablesChanged } from '../load/index.js';
import { FlashError, tableName, type Engine } from '../protocol/index.js';
import type { LoadSession, Snapshot, TableServer } from '../source/index.js';
import { findStart, type Moment, type TableFilter } from '../writer/index.js';
import {
  copiedTables,
  filterFlags,
  listComparedTables,
  tableForm,
  type ComparedTables,
} from './compared-tables.js';
import { RowComparison } from './compare-rows.js';
import { CopyPlace } from './copy-place.js';
import { openCopyRows, readPlace } from './copy-rows.js';
import { addLogChanges } from './log-changes.js';
import { mendingOf } from './mending.js';
import { TableOutcome } from './outcome.js';
import { RepairPlan } from './repair-plan.js';
import { Repair } from './repair.js';
import type { ComparedTable } from './rows.js';
import { keepRows, readSourceRows } from './source-rows.js';
import { listSteadily } from './steady-list.js';
import { isSettled, type Suspect, type SuspectTables } from './suspect.js';
import {
  canSplit,
  keepOf,
  splitUnit,
  tableUnits,
  unitsOfSuspects,
  type Unit,
} from './table-units.js';
import { runAll, UnitGroup } from './unit-group.js';
import { verifyLimits, type VerifyLimits, type VerifyOptions } from './verify-options.js';
import type { TableResult, VerifyResult } from './verify-result.js';

const busyPauseMs = 1_000;
/** What is uncertain is read again, so often. */
const roundsMax = 10;
/** Rows of a table that are read again, at most: of more, the first reading counts. */
const againMax = 50_000;
/** A table that changes its form while it is compared is begun anew, so often. */
const attemptsMax = 4;
/** Extra rows of one part of a table that are held in memory. */
const extraRowsMax = 500_000;

/**
 * Compares the rows of a running server with those of its copy, value by value, while a writer moves the copy.
 *
 * A part of a table is read from the source as of a place P in its log, and from the copy once that holds all up to
 * P, as of a place C. What does not agree is looked up in the log between P and C: with that, both are as of C.
 *
 * Guarantee: a difference that is told is one at C; rows that are not told of agree. Memory: a part of each
 * session (`partBytesMax`), twice, and the rows that do not agree.
 * Errors: AUTH, UNSUPPORTED, BUSY, CONNECTION of the server; INVALID_REQUEST, SOURCE_MISMATCH, TIMEOUT of the copy.
 */
export async function verifyServer(
  server: TableServer,
  engine: Engine,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const verification = new Verification(server, engine, options);
  return verification.run();
}

class Verification {
  readonly #server: TableServer;
  readonly #engine: Engine;
  readonly #options: VerifyOptions;
  readonly #limits: VerifyLimits;
  readonly #outcomes = new Map<string, TableOutcome>();
  readonly #changed = new Set<string>();
  /** What was proven to differ, where it is to be repaired. */
  readonly #plan: RepairPlan | undefined;
  #repair: Repair | undefined;
  #copied: TableFilter = copiedTables(undefined);
  #compared: ComparedTables | undefined;
  #from: Moment | undefined;
  #upTo: Moment | undefined;
  #filterFlags: readonly string[] = [];
  #unmatched: ReadonlySet<string> = new Set();
  /** Tables that were there to be compared at first, by the source's names. */
  #first: readonly string[] = [];
  #rows = 0;
  #rowsTotal = 0;
  #rowsLookedUp = 0;
  #partsReadAgain = 0;

  constructor(server: TableServer, engine: Engine, options: VerifyOptions) {
    this.#server = server;
    this.#engine = engine;
    this.#options = options;
    this.#limits = verifyLimits(options);
    this.#plan = options.repair === true ? new RepairPlan() : undefined;
  }

  async run(): Promise<VerifyResult> {
    const { signal } = this.#options;
    const place = await readPlace(this.#engine);
    const logs = await this.#server.openLogs();
    try {
      await findStart(logs, place, {});
    } finally {
      logs.close?.();
    }
    this.#copied = copiedTables(place.filters);
    this.#filterFlags = filterFlags(place.filters);
    const copy = this.#copyPlace();
    let todo = await this.#list(copy);
    // A table that goes meanwhile has met its pattern: it is told by its name.
    this.#unmatched = new Set(todo.unmatched);
    this.#first = todo.tables.map(({ known }) => tableName(known.schema));
    checkAny(todo, this.#options);
    for (let attempt = 1; ; attempt += 1) {
      this.#compared = todo;
      this.#rowsTotal = todo.tables.reduce((sum, { rowsEstimate }) => sum + rowsEstimate, 0);
      try {
        await this.#compareTables(todo.tables, copy);
      } catch (error) {
        if (signal?.aborted !== true) throw error;
        return this.#result(todo, true);
      }
      const now = await this.#list(copy);
      const again = this.#changedTables(todo, now);
      if (again.length === 0) return this.#repaired(now, copy);
      if (attempt === attemptsMax) throw unsteadyError(again);
      this.#options.onNote?.(
        `${again.map(({ known }) => tableName(known.schema)).join(', ')}: changed while compared, and begun anew.`,
      );
      todo = { ...now, tables: again };
    }
  }

  #copyPlace(): CopyPlace {
    const { signal, onNote = () => undefined } = this.#options;
    const { waitMs } = this.#limits;
    return new CopyPlace(this.#engine, this.#server, {
      ...{ waitMs, signal, onNote, isCopied: (table) => this.#copied.accepts(table) },
    });
  }

  /** The tables, once the copy has come to where the source is: its definitions are not older ones then. */
  async #list(copy: CopyPlace): Promise<ComparedTables> {
    return listSteadily(this.#server, async (position) => {
      await copy.reach({ position, gtidSet: '' });
      return this.#listTables();
    });
  }

  #listTables(): Promise<ComparedTables> {
    const { include = [], exclude = [] } = this.#options;
    return listComparedTables(this.#server, this.#engine, this.#copied, { include, exclude });
  }

  /** Tables that have another form now, or came after the first list. */
  #changedTables(before: ComparedTables, now: ComparedTables): ComparedTable[] {
    const forms = new Map(
      before.tables.map((table) => [tableName(table.known.schema), tableForm(table)]),
    );
    const again = now.tables.filter((table) => {
      const name = tableName(table.known.schema);
      const isDone = this.#outcomes.has(name) && !this.#changed.has(name);
      return !isDone || (forms.has(name) && forms.get(name) !== tableForm(table));
    });
    for (const name of [...this.#changed, ...again.map(({ known }) => tableName(known.schema))]) {
      this.#outcomes.delete(name);
      this.#plan?.forget(name);
    }
    this.#changed.clear();
    return again;
  }

  async #compareTables(tables: readonly ComparedTable[], copy: CopyPlace): Promise<void> {
    const queue: Unit[] = [];
    for (const table of tables) {
      const name = tableName(table.known.schema);
      this.#outcomes.set(name, new TableOutcome(table, this.#limits.differencesMax));
      const units = await tableUnits(this.#server, table);
      queue.push(...this.#sample(units));
    }
    const open = await this.#compareUntilSettled(queue, tables, copy);
    for (const [table, rows] of open) this.#outcome(table).unsettled += rows.size;
  }

  /** Gives the rows of which nothing is proven in the end. */
  async #compareUntilSettled(
    queue: Unit[],
    tables: readonly ComparedTable[],
    copy: CopyPlace,
  ): Promise<SuspectTables> {
    let open = await this.#compareAll(queue, tables, copy, new Map());
    for (let round = 1; round <= roundsMax && open.size > 0; round += 1) {
      open = await this.#compareAll(unitsOfTables(open), tables, copy, open);
    }
    return open;
  }

  /** Puts right what differs, if that is wanted, and gives the result. */
  async #repaired(now: ComparedTables, copy: CopyPlace): Promise<VerifyResult> {
    const { signal, onNote } = this.#options;
    const rows = this.#plan?.rows() ?? new Map<ComparedTable, Map<string, Suspect>>();
    if (rows.size === 0) return this.#result(now, false);
    const count = [...rows.values()].reduce((sum, each) => sum + each.size, 0);
    onNote?.(`Repairing ${count} rows of ${rows.size} tables.`);
    this.#repair = new Repair({
      ...{ server: this.#server, engine: this.#engine, copy, known: now.known },
      openSnapshot: (sessions, locked) => this.#openSnapshot(sessions, locked),
      listTables: async (tables) => {
        const include = tables.map(({ known }) => exactPattern(known.schema));
        const listed = listComparedTables(this.#server, this.#engine, this.#copied, { include });
        return (await listed).tables;
      },
    });
    try {
      await this.#repair.run(rows, (repaired) => {
        const options = { ...this.#options, onProgress: () => undefined };
        const check = new Verification(this.#server, this.#engine, { ...options, repair: true });
        return check.#recheck(repaired, now, this.#copied);
      });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      return this.#result(now, true);
    }
    return this.#result(now, false);
  }

  /** Compares rows once more that were repaired: gives those that differ, or of which nothing is proven. */
  async #recheck(
    rows: SuspectTables,
    compared: ComparedTables,
    copied: TableFilter,
  ): Promise<SuspectTables> {
    this.#copied = copied;
    this.#compared = compared;
    const tables = [...rows.keys()];
    const open = await this.#compareUntilSettled(unitsOfTables(rows), tables, this.#copyPlace());
    const left: SuspectTables = new Map();
    for (const [table, suspects] of rows) {
      const isChanged = this.#changed.has(tableName(table.known.schema));
      const found = [this.#plan?.rows().get(table), open.get(table)];
      const all = isChanged ? suspects : new Map(found.flatMap((each) => [...(each ?? [])]));
      if (all.size > 0) left.set(table, all);
    }
    return left;
  }

  /** A part of the parts, or of the rows where there is one part only. */
  #sample(units: readonly Unit[]): readonly Unit[] {
    const { samplePercent } = this.#limits;
    if (samplePercent >= 100) return units;
    const [only] = units;
    const chosen = units.filter(() => Math.random() * 100 < samplePercent);
    if (units.length > 1) return chosen.length > 0 ? chosen : units.slice(0, 1);
    const parts = Math.max(1, Math.round(100 / samplePercent));
    return only === undefined ? [] : [{ ...only, part: Math.floor(Math.random() * parts), parts }];
  }

  /**
   * Compares parts of tables, under one snapshot after the other. Gives the rows that are to be read again: those of
   * which nothing is certain, and those that were not found to differ before.
   */
  async #compareAll(
    queue: Unit[],
    tables: readonly ComparedTable[],
    copy: CopyPlace,
    before: SuspectTables,
  ): Promise<SuspectTables> {
    const open: SuspectTables = new Map();
    const locked = tables.map(({ known }) => quoteSourceTable(known.schema));
    while (queue.length > 0) {
      const count = Math.min(this.#limits.threads, queue.length);
      const snapshot = await this.#openSnapshot(count, locked);
      const moment = { position: snapshot.position, gtidSet: snapshot.gtidSet };
      this.#from ??= moment;
      this.#upTo = moment;
      const found: SuspectTables = new Map();
      try {
        const group = new UnitGroup(copy.reach(moment), found, this.#limits.snapshotMaxMs);
        await runAll(snapshot.sessions, (session) => this.#work(session, queue, group));
      } finally {
        for (const session of snapshot.sessions) session.close();
      }
      await this.#settle(moment, found, before, open);
    }
    return open;
  }

  /** A moment in which the tables stand still may not come at once; many are needed. */
  async #openSnapshot(count: number, locked: readonly string[]): Promise<Snapshot> {
    const { signal, onNote } = this.#options;
    const endMs = performance.now() + this.#limits.waitMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#server.openSnapshot(count, locked);
      } catch (error) {
        const isBusy = error instanceof FlashError && error.code === 'BUSY';
        if (!isBusy || performance.now() >= endMs) throw error;
        if (tries === 1) onNote?.(`Waiting for a snapshot: ${error.message}.`);
        await delay(busyPauseMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #work(session: LoadSession, queue: Unit[], group: UnitGroup): Promise<void> {
    const { signal } = this.#options;
    while (!group.isOver()) {
      const unit = queue.shift();
      if (unit === undefined) return;
      const name = tableName(unit.table.known.schema);
      if (this.#changed.has(name)) continue;
      try {
        queue.unshift(...(await this.#compareUnit(session, unit, group)));
      } catch (error) {
        const isChange = error instanceof TablesChanged || (await this.#hasChanged(unit.table));
        if (!isChange) throw error;
        this.#changed.add(name);
        // It may stand in the middle of an answer.
        session.close();
        return;
      }
      if (this.#limits.pauseMs > 0) {
        await delay(this.#limits.pauseMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  /** Whether a table has another form now: then its values were read as others than they are. */
  async #hasChanged(table: ComparedTable): Promise<boolean> {
    const { signal } = this.#options;
    if (signal?.aborted === true) return false;
    const { tables } = await this.#listTables();
    const name = tableName(table.known.schema);
    const now = tables.find(({ known }) => tableName(known.schema) === name);
    return now === undefined || tableForm(now) !== tableForm(table);
  }

  /** Gives smaller parts where this one is too large to be held: nothing was compared. */
  async #compareUnit(session: LoadSession, unit: Unit, group: UnitGroup): Promise<Unit[]> {
    const { table, again } = unit;
    const keep = keepOf(unit);
    const isSplit = canSplit(unit);
    const partBytesMax = isSplit ? this.#limits.partBytesMax : Infinity;
    const source = await readSourceRows(session, unit.sourceSql, table, keep, partBytesMax);
    const split = (): Promise<Unit[]> => splitUnit(session, unit, source, partBytesMax);
    if (source.isTooLarge) return split();
    await group.reached;
    const comparison = new RowComparison(table, source.chunks);
    const { at, chunks } = await openCopyRows(this.#engine, unit.copySql, table);
    for await (const chunk of chunks) {
      comparison.add(keep === undefined ? chunk : keepRows(chunk, table, keep));
      if (isSplit && comparison.extraRows > extraRowsMax) return split();
    }
    const suspects = comparison.end(at).filter(({ key }) => again?.has(key) !== false);
    group.add(table, suspects);
    if (again !== undefined) {
      this.#partsReadAgain += 1;
      return [];
    }
    this.#rowsLookedUp += suspects.length;
    const outcome = this.#outcome(table);
    const rows = source.chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
    outcome.rows += rows;
    this.#rows += rows;
    this.#options.onProgress?.(this.#rows, this.#rowsTotal, tableName(table.known.schema));
    return [];
  }

  /**
   * Decides on the rows that did not agree, with what the log says of them. A difference is told when two snapshots
   * show it: so none comes from a snapshot whose place a server tells wrongly.
   */
  async #settle(
    { position }: Moment,
    found: SuspectTables,
    before: SuspectTables,
    open: SuspectTables,
  ): Promise<void> {
    const groups = [...found].map(([table, rows]) => ({ table, rows }));
    await addLogChanges(this.#server, position, groups, this.#compared?.known ?? []);
    for (const { table, rows } of groups) {
      if (this.#changed.has(tableName(table.known.schema))) continue;
      const outcome = this.#outcome(table);
      const again = open.get(table) ?? new Map<string, Suspect>();
      open.set(table, again);
      for (const suspect of rows.values()) {
        if (isSettled(table, suspect)) continue;
        const wasSeen = before.get(table)?.get(suspect.key)?.isUncertain === false;
        const isFull = again.size >= againMax;
        if (!suspect.isUncertain && (wasSeen || isFull)) {
          outcome.add(suspect);
          this.#plan?.add(table, suspect);
        } else if (isFull) outcome.unsettled += 1;
        else again.set(suspect.key, suspect);
      }
      if (again.size === 0) open.delete(table);
    }
  }

  #outcome(table: ComparedTable): TableOutcome {
    const name = tableName(table.known.schema);
    const outcome =
      this.#outcomes.get(name) ?? new TableOutcome(table, this.#limits.differencesMax);
    this.#outcomes.set(name, outcome);
    return outcome;
  }

  #result(
    { unlike, standingStill, unmatched, known }: ComparedTables,
    interrupted: boolean,
  ): VerifyResult {
    const tables: TableResult[] = [...this.#outcomes.values()]
      .map((each) => each.result(this.#repair?.tables))
      .filter(({ table }) => !unlike.has(table));
    for (const [table, { why }] of unlike) {
      tables.push({
        ...{ table, definition: why, rows: 0, missing: 0, extra: 0, different: 0 },
        ...{ unsettled: 0, differences: [], repaired: null },
      });
    }
    const told = new Set(tables.map(({ table }) => table));
    const nowhere = { position: { file: '', offset: 0 }, gtidSet: '' };
    return {
      tables: tables.sort((a, b) => (a.table < b.table ? -1 : 1)),
      from: this.#from ?? nowhere,
      upTo: this.#upTo ?? nowhere,
      ...{
        standingStill,
        gone: this.#first.filter((name) => !interrupted && !told.has(name)),
        repairedAt: this.#repair?.at,
        tooMany: [...(this.#plan?.tooMany ?? [])],
        mending: mendingOf(tables, unlike, known, this.#plan !== undefined),
        unmatchedPatterns: unmatched.filter((each) => this.#unmatched.has(each)),
        interrupted,
        rowsLookedUp: this.#rowsLookedUp,
        partsReadAgain: this.#partsReadAgain,
        serverUrl: this.#server.url,
        sourceName: this.#engine.sourceName,
        filterFlags: this.#filterFlags,
      },
    };
  }
}

function unitsOfTables(rows: SuspectTables): Unit[] {
  return [...rows].flatMap(([table, suspects]) => unitsOfSuspects(table, [...suspects.values()]));
}

/** A pattern that one table meets, whatever is in its name but a `*`. */
function exactPattern({ database, table }: { database: string; table: string }): string {
  return `${quoteSourceName(database)}.${quoteSourceName(table)}`;
}

function checkAny({ tables, unlike }: ComparedTables, { include = [] }: VerifyOptions): void {
  if (tables.length + unlike.size > 0) return;
  throw new FlashError('NOT_FOUND', 'there is no table to compare', {
    hint:
      include.length === 0
        ? 'The copy holds none; does the user see the source’s tables (GRANT SELECT)?'
        : 'Write --tables as database.table, as the source names them; * is a wildcard.',
  });
}

function unsteadyError(tables: readonly ComparedTable[]): FlashError {
  const names = tables.map(({ known }) => tableName(known.schema)).join(', ');
  return new FlashError('BUSY', `${names}: changed in each of ${attemptsMax} tries to compare`, {
    hint: 'Run again when no ALTER, RENAME, TRUNCATE or DROP of copied tables is under way, or leave such tables out with --exclude.',
  });
}
