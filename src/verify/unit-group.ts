import type { LoadSession } from '../source/index.js';
import type { ComparedTable } from './rows.js';
import type { Suspect, SuspectTables } from './suspect.js';

/** Rows that do not agree, and wait for what the log says of them, at most. */
const suspectsMax = 50_000;

/** The parts that are compared under one snapshot. */
export class UnitGroup {
  /** Resolves once the copy holds all that the snapshot holds. */
  readonly reached: Promise<void>;
  readonly #found: SuspectTables;
  readonly #endMs: number;
  #suspects = 0;

  constructor(reached: Promise<void>, found: SuspectTables, snapshotMaxMs: number) {
    this.reached = reached;
    // Who waits for it gets the error.
    reached.catch(() => undefined);
    this.#found = found;
    this.#endMs = performance.now() + snapshotMaxMs;
  }

  isOver(): boolean {
    return performance.now() >= this.#endMs || this.#suspects >= suspectsMax;
  }

  add(table: ComparedTable, suspects: readonly Suspect[]): void {
    this.#suspects += suspects.length;
    const rows = this.#found.get(table) ?? new Map<string, Suspect>();
    this.#found.set(table, rows);
    for (const suspect of suspects) rows.set(suspect.key, suspect);
  }
}

/** Runs work over each session, and ends with the first error once all have ended. */
export async function runAll(
  sessions: readonly LoadSession[],
  work: (session: LoadSession) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(
    sessions.map((session) =>
      work(session).catch((error: unknown) => {
        for (const each of sessions) each.close();
        throw error;
      }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
