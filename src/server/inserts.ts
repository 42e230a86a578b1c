/**
 * The inserts of a server since its start, by the ids that clients gave them: one that is asked for
 * again, because its answer was lost, is answered and not run again.
 */
export class Inserts {
  readonly #outcomes = new Map<string, { rows: Promise<number>; isOver: boolean }>();

  /**
   * Gives the count of rows of the insert, run now if its id is new; one that still runs is waited
   * for. A failure stays one: some of the rows may be there.
   */
  async run(
    batchId: string,
    insert: () => Promise<number>,
  ): Promise<{ rows: number; repeated: boolean }> {
    const known = this.#outcomes.get(batchId);
    if (known !== undefined) return { rows: await known.rows, repeated: true };
    const outcome = { rows: insert(), isOver: false };
    this.#outcomes.set(batchId, outcome);
    try {
      return { rows: await outcome.rows, repeated: false };
    } finally {
      outcome.isOver = true;
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    for (const [batchId, { isOver }] of this.#outcomes) {
      if (this.#outcomes.size <= keptMax) return;
      if (isOver) this.#outcomes.delete(batchId);
    }
  }
}

/** A client asks again within a minute; no server makes so many inserts in that time. */
const keptMax = 100_000;
