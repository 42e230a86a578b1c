import { FlashError } from '../protocol/index.js';

/** What a statement of a check must come to. */
export type Expectation =
  { kind: 'rows'; rows: readonly string[] } | { kind: 'error'; code: string; contains: string };

export interface CheckStep {
  /** The statement, or `@reopen`. */
  statement: string;
  /** 1-based line of the file where it begins. */
  line: number;
  expected: Expectation;
}

/** A `*.test` file of ch-patches; its format is told in ch-patches/README.md. */
export interface Check {
  file: string;
  steps: readonly CheckStep[];
}

/** What a statement came to on a real engine. */
export type Answer = { kind: 'rows'; text: string } | { kind: 'error'; code: string; text: string };

interface OpenStep {
  statement: string;
  line: number;
  rows: string[];
  error: { code: string; contains: string } | undefined;
}

/**
 * Reads a check.
 *
 * Errors: TOOL for lines that stand before the first statement, an error expected together with
 * rows, or a file without statements, each with file and line.
 */
export function parseCheck(text: string, file: string): Check {
  const steps: OpenStep[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (line.startsWith('>> ') || line === '@reopen') {
      const statement = line.startsWith('>> ') ? line.slice(3) : line;
      steps.push({ statement, line: index + 1, rows: [], error: undefined });
      continue;
    }
    const step = steps.at(-1);
    if (step === undefined) throw badCheck(file, index + 1, 'expected ">> " and a statement');
    addLine(step, line, file, index + 1);
  }
  if (steps.length === 0) throw badCheck(file, 1, 'has no statement');
  return { file, steps: steps.map(closeStep) };
}

/** Tells how an answer differs from what was expected; undefined where it does not. */
export function explainDifference(expected: Expectation, answer: Answer): string | undefined {
  if (expected.kind === 'error') {
    if (answer.kind === 'rows') return `need error ${expected.code}, got ${quoteRows(answer.text)}`;
    if (answer.code !== expected.code || !answer.text.includes(expected.contains)) {
      const wanted = `${expected.code} ${expected.contains}`.trim();
      return `need error ${wanted}, got error ${answer.code}: ${firstLine(answer.text)}`;
    }
    return undefined;
  }
  if (answer.kind === 'error') return `got error ${answer.code}: ${firstLine(answer.text)}`;
  const wanted = expected.rows.map((row) => `${row}\n`).join('');
  if (wanted === answer.text) return undefined;
  return `need ${quoteRows(wanted)}, got ${quoteRows(answer.text)}`;
}

function addLine(step: OpenStep, line: string, file: string, lineNumber: number): void {
  const untouched = step.rows.length === 0 && step.error === undefined;
  if (line.startsWith('.. ')) {
    if (!untouched) throw badCheck(file, lineNumber, '".. " must follow its statement');
    step.statement += `\n${line.slice(3)}`;
  } else if (line.startsWith('!> ')) {
    if (!untouched) throw badCheck(file, lineNumber, 'an error stands alone');
    const [code = '', ...words] = line.slice(3).trim().split(' ');
    step.error = { code, contains: words.join(' ') };
  } else if (step.error === undefined) {
    step.rows.push(line);
  } else {
    throw badCheck(file, lineNumber, 'rows can not follow an expected error');
  }
}

function closeStep(step: OpenStep): CheckStep {
  const expected: Expectation =
    step.error === undefined ? { kind: 'rows', rows: step.rows } : { kind: 'error', ...step.error };
  return { statement: step.statement, line: step.line, expected };
}

function quoteRows(text: string): string {
  return text === '' ? 'no rows' : JSON.stringify(text);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function badCheck(file: string, line: number, what: string): FlashError {
  return new FlashError('TOOL', `${file}:${String(line)}: ${what}`, {
    hint: 'ch-patches/README.md tells the check format.',
    place: { file },
  });
}
