import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../../workload/random.js';
import { EngineProcess } from '../engine-process.js';
import { emptyModel, nextStep, tableNames, tables, type Model, type Step } from './steps.js';
import { rowTexts } from './table-model.js';

export interface ModelRun {
  seed: number;
  steps: number;
  /** How many of 100 steps the process is killed in. */
  killPercent: number;
}

/** What a run did. */
export interface ModelReport {
  steps: number;
  comparisons: number;
  reopens: number;
  /** Kills by a failpoint's name, or "at random". */
  kills: Record<string, number>;
}

const failpoints = [
  'after-append',
  'before-commit-record',
  'after-commit-record',
  'between-attaches',
  'after-publish',
  'between-drops',
] as const;

const snapshotFailpoints = ['between-clones', 'before-snapshot-record'] as const;

const latestKillMs = 40;

/**
 * Changes tables at random, in the engine and in a model of plain rows, and compares them: now and
 * then, and whenever the engine was closed or killed.
 *
 * Errors: the first difference, with the steps that led to it.
 */
export async function runModel(folder: string, run: ModelRun): Promise<ModelReport> {
  const test = new ModelTest(folder, createRandom(run.seed));
  try {
    await test.start();
    for (let number = 1; number <= run.steps; number++) await test.step(number, run.killPercent);
    await test.end();
    return test.report;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`SEED=${run.seed}: ${reason}\n${test.history()}`, { cause: error });
  } finally {
    await test.stop();
  }
}

class ModelTest {
  readonly report: ModelReport = { steps: 0, comparisons: 0, reopens: 0, kills: {} };
  readonly #folder: string;
  readonly #random: Random;
  readonly #log: string[] = [];
  #model: Model = emptyModel;
  #engine: EngineProcess | undefined;

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
  }

  get #open(): EngineProcess {
    if (this.#engine === undefined) throw new Error('the engine is not open');
    return this.#engine;
  }

  /** The last steps, the newest first. */
  history(): string {
    return this.#log.slice(-25).reverse().join('\n');
  }

  async start(): Promise<void> {
    this.#engine = await EngineProcess.open(this.#folder);
    for (const name of tableNames) {
      await this.#open.execute(`CREATE DATABASE ${name};
        CREATE TABLE ${name}.t (id Int64, v Nullable(String)) ENGINE = MutableMergeTree ${tables[name]}`);
    }
  }

  async step(number: number, killPercent: number): Promise<void> {
    const step = nextStep(this.#model, number, this.#random);
    this.report.steps += 1;
    if (this.#random.chance(killPercent)) {
      await this.#killIn(step, number);
      return;
    }
    this.#log.push(`${number}: ${describe(step)}`);
    await this.#open.run(step.command);
    this.#model = step.after;
    if (step.eliminated !== undefined) await this.#checkEliminated(step.eliminated);
    if (this.#random.chance(10)) await this.#compare([this.#model]);
    if (this.#random.chance(2)) await this.#reopen();
  }

  async end(): Promise<void> {
    await this.#compare([this.#model]);
    await this.#reopen();
  }

  async stop(): Promise<void> {
    await this.#engine?.kill();
  }

  /**
   * Kills the process in a step, by a failpoint or at some moment. Of a step that was not
   * acknowledged both outcomes are right, but nothing between them.
   */
  async #killIn(step: Step, number: number): Promise<void> {
    const isBatch = step.command.do === 'batch' && step.command.commit !== null;
    const isSnapshot = step.after.snapshots.size > this.#model.snapshots.size;
    const points = isSnapshot ? snapshotFailpoints : failpoints;
    // SQL that makes several parts is committed as a batch is; where it is not, the point is not met.
    const isAtPoint = this.#random.chance(isBatch || isSnapshot ? 60 : 30);
    const place = isAtPoint ? this.#random.pick(points) : 'at random';
    this.#log.push(`${number}: KILLED ${place}: ${describe(step)}`);
    this.report.kills[place] = (this.report.kills[place] ?? 0) + 1;
    if (place !== 'at random') {
      await this.#open.run({ do: 'set-environment', name: 'THEFLASH_FAILPOINT', value: place });
    }
    const sent = this.#open.send(step.command);
    const atMs = this.#random.int(0, latestKillMs);
    const isRandom = place === 'at random';
    const first = await (isRandom ? Promise.race([sent, delay(atMs)]) : sent);
    await this.#open.kill();
    const outcome = first ?? (await sent);
    if (outcome.kind === 'failed') throw new Error(`${outcome.code}: ${outcome.message}`);
    this.#engine = await EngineProcess.open(this.#folder);
    const known = outcome.kind === 'done' ? [step.after] : [this.#model, step.after];
    this.#model = await this.#compare(known);
  }

  async #reopen(): Promise<void> {
    this.#log.push('reopened');
    this.report.reopens += 1;
    await this.#open.run({ do: 'close' });
    await this.#open.run({ do: 'open', folder: this.#folder, options: {} });
    await this.#compare([this.#model]);
  }

  /** Reads every table and the checkpoint; gives the one of the `allowed` models that they equal. */
  async #compare(allowed: readonly Model[]): Promise<Model> {
    this.report.comparisons += 1;
    const held = await this.#read();
    const differences = allowed.map((model) => difference(held, model));
    const at = differences.indexOf(undefined);
    const found = allowed[at];
    if (found === undefined) throw new Error(differences.join('\nand not the other one either: '));
    return found;
  }

  async #read(): Promise<Held> {
    const held: Held = { checkpoint: undefined, rows: new Map(), snapshots: [] };
    for (const row of await this.#open.rows('SELECT name FROM theflash.snapshots')) {
      held.snapshots.push(String(row['name']));
    }
    for (const place of ['', ...held.snapshots]) {
      for (const name of tableNames) {
        const at = place === '' ? '' : ` AT SNAPSHOT ${place}`;
        const rows = await this.#open.rows(`SELECT toInt32(id) AS id, v FROM ${name}.t${at}`);
        const texts = rows.map((row) => `${String(row['id'])} ${String(row['v'])}`).sort();
        held.rows.set(`${name}.t${at}`, texts);
      }
    }
    const checkpoint = await this.#open.run({ do: 'checkpoint', source: 'model' });
    return { ...held, checkpoint: typeof checkpoint === 'string' ? checkpoint : undefined };
  }

  async #checkEliminated(name: string): Promise<void> {
    const [row] = await this.#open.rows(
      `SELRAW toInt32(countIf(_INTERNAL_DELMARK = 1)) AS n FROM ${name}.t`,
    );
    if (row?.['n'] !== 0) throw new Error(`${name} holds ${String(row?.['n'])} tombstones`);
  }
}

interface Held {
  checkpoint: string | undefined;
  /** By table, and by table and snapshot. */
  rows: Map<string, readonly string[]>;
  snapshots: string[];
}

function difference(held: Held, model: Model): string | undefined {
  const snapshots = [...model.snapshots.keys()].sort().join();
  if ([...held.snapshots].sort().join() !== snapshots) {
    return `the snapshots are ${held.snapshots.join()} and not ${snapshots}`;
  }
  const states = [['', model.tables] as const, ...model.snapshots];
  for (const [place, tablesThere] of states) {
    for (const name of tableNames) {
      const table = place === '' ? `${name}.t` : `${name}.t AT SNAPSHOT ${place}`;
      const got = held.rows.get(table) ?? [];
      const need = rowTexts(tablesThere[name].rows);
      if (got.join('\n') === need.join('\n')) continue;
      const extra = got.filter((row, at) => row !== need[at]).slice(0, 5);
      const missing = need.filter((row, at) => row !== got[at]).slice(0, 5);
      return `${table} holds ${got.length} rows and not ${need.length}: [${extra.join('; ')}] and not [${missing.join('; ')}]`;
    }
  }
  if (held.checkpoint === model.checkpoint) return undefined;
  return `the checkpoint is ${String(held.checkpoint)} and not ${String(model.checkpoint)}`;
}

function describe(step: Step): string {
  if (step.command.do === 'execute') return step.command.sql;
  const { writes, commit } = step.command;
  const appends = writes.map(
    ({ database, changes }) =>
      `${database} ${changes.map((each) => `${each.isDelete === true ? '-' : '+'}${each.values.join(' ')}`).join(', ')}`,
  );
  return `batch${commit === null ? ' (dropped)' : ''}: ${appends.join(' | ')}`;
}
