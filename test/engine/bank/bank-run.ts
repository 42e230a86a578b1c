import type { Engine } from '../../../src/protocol/index.js';
import { createRandom } from '../../workload/random.js';
import { audit, moveMoney, readSnapshot, readTotal, totals, ways } from './bank.js';

export interface BankRun {
  seed: number;
  /** The writer stops after so many transfers. */
  transfersMax: number;
  readers: number;
  onTransfer?: (transfer: number) => void;
}

/** What a run did: queries by their way. */
export type BankReport = Record<string, number>;

/**
 * Moves money by one connection of `writer` while readers sum it up by `reader`, each by its own
 * way and all at once. Errors: the first wrong total, and any error of the engine.
 */
export async function runBank(writer: Engine, reader: Engine, run: BankRun): Promise<BankReport> {
  const report: BankReport = {};
  const state = { isOver: false, transfers: 0 };
  const fail = (error: unknown): never => {
    state.isOver = true;
    throw error;
  };
  const write = async (): Promise<void> => {
    await moveMoney(
      writer,
      createRandom(run.seed),
      () => state.isOver || state.transfers >= run.transfersMax,
      (transfer) => {
        state.transfers += 1;
        run.onTransfer?.(transfer);
      },
    );
    state.isOver = true;
  };
  const read = async (index: number): Promise<void> => {
    const way = ways[index % (ways.length + 1)] ?? 'snapshot';
    for (let number = 0; !state.isOver; number++) {
      if (way === 'snapshot') await readSnapshot(reader, `bank_${run.seed}_${index}_${number}`);
      else await readTotal(reader, totals[way], way);
      report[way] = (report[way] ?? 0) + 1;
    }
  };
  const readers = Array.from({ length: run.readers }, (_, index) => read(index).catch(fail));
  await Promise.all([write().catch(fail), ...readers]);
  await audit(reader);
  return { ...report, transfers: state.transfers };
}
