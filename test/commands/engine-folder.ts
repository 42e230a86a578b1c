import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTheflash } from '../cli/run-theflash.js';

/** A folder of a test: an engine in it, and place beside it. */
export interface EngineFolder {
  path: string;
  engine: string;
  remove(): Promise<void>;
}

/** Makes a folder with an engine in it that SQL fills; no SQL leaves the engine to be made. */
export async function makeEngineFolder(statements?: string): Promise<EngineFolder> {
  if (!existsSync(fileURLToPath(new URL('../../build/ch/ch.so', import.meta.url)))) {
    throw new Error('There is no ch.so to test with: run `bin/run.js build-ch` first');
  }
  const path = await mkdtemp(join(tmpdir(), 'theflash-cli-'));
  const engine = join(path, 'engine');
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  if (statements === undefined) return { path, engine, remove };
  const run = await runTheflash(['sql', '-', '--create', '--engine', engine], {
    input: statements,
  });
  if (run.exitCode === 0) return { path, engine, remove };
  await remove();
  throw new Error(`The engine could not be filled: ${run.stderr}`);
}
