import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

/** One line of a result: who did it, and figures with their unit in the name, as `rows/s`. */
export type Figures = { who: string } & Record<string, number | string>;

/** Prints figures as a table and writes them, with the machine, to bench/results/NAME.json. */
export function report(name: string, input: string, figures: readonly Figures[]): void {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const result = { name, input, measured: new Date().toISOString(), machine: machine(), figures };
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`\n${name}: ${input}`);
  console.table(Object.fromEntries(figures.map(({ who, ...rest }) => [who, rest])));
}

function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
}

/** Rows and bytes of `seconds` of work, rounded for people. */
export function rates(rows: number, bytes: number, seconds: number): Record<string, number> {
  return {
    seconds: round(seconds, 2),
    'rows/s': Math.round(rows / seconds),
    'MB/s': round(bytes / 1e6 / seconds, 1),
  };
}

/** `value` with `digits` digits after the point. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
