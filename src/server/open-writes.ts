/** A write batch that is open on some connection. */
export interface OpenWrite {
  readonly batchId: string;
  isCommitting: boolean;
  /** Drops the batch and its connection; for a write whose client asks elsewhere what became of it. */
  drop: () => void;
  /** Resolves when the batch is applied or dropped, for good. */
  settled: Promise<void>;
}

/**
 * The open write batches of a server by id, so that what became of one has a final answer: once
 * RESOLVE has said "not applied", no late COMMIT of that id may change it.
 */
export class OpenWrites {
  readonly #open = new Map<string, OpenWrite>();
  /** Ids that were given up, oldest first. */
  readonly #fenced = new Set<string>();

  get count(): number {
    return this.#open.size;
  }

  /** False when a batch of this id is open already, or was given up. */
  add(write: OpenWrite): boolean {
    if (this.#open.has(write.batchId) || this.#fenced.has(write.batchId)) return false;
    this.#open.set(write.batchId, write);
    return true;
  }

  remove(batchId: string): void {
    this.#open.delete(batchId);
  }

  /** Sees to it that no batch of this id is open, nor will be; one that commits may finish. */
  async settle(batchId: string): Promise<void> {
    const open = this.#open.get(batchId);
    this.#fence(batchId);
    if (open === undefined) return;
    if (!open.isCommitting) open.drop();
    await open.settled;
  }

  /** True for a batch that was given up. */
  isFenced(batchId: string): boolean {
    return this.#fenced.has(batchId);
  }

  #fence(batchId: string): void {
    this.#fenced.add(batchId);
    if (this.#fenced.size <= fencedMax) return;
    for (const oldest of this.#fenced) {
      this.#fenced.delete(oldest);
      break;
    }
  }
}

/** More clients than this never ask about lost commits within the life of a connection. */
const fencedMax = 10_000;
