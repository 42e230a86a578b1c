import { openEmbeddedEngine } from '../../../src/engine/index.js';
import { audit, foundBanks } from './bank.js';
import { runBank } from './bank-run.js';

/** What a bank's process tells: what it found on opening, each transfer, or what went wrong. */
export type BankNews =
  | { kind: 'opened'; transfers: number }
  | { kind: 'transfer'; transfer: number }
  | { kind: 'wrong'; message: string };

const [folder = '', seed = '0', readers = '8'] = process.argv.slice(2);
const tell = (news: BankNews): void => {
  process.send?.(news);
};

// Run by bank-kills.ts in a process of its own: writer and readers go on until it is killed.
try {
  const engine = await openEmbeddedEngine(folder);
  if ((await engine.readCheckpoint('bank')) === undefined) await foundBanks(engine);
  tell({ kind: 'opened', transfers: await audit(engine) });
  await runBank(engine, engine, {
    seed: Number(seed),
    transfersMax: Infinity,
    readers: Number(readers),
    onTransfer: (transfer) => tell({ kind: 'transfer', transfer }),
  });
} catch (error) {
  tell({ kind: 'wrong', message: error instanceof Error ? error.message : 'unknown' });
}
