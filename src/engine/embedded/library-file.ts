import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlashError } from '../../protocol/index.js';
import { findMisfit, prebuiltFolder, readMachine, readPrebuilt } from './prebuilt.js';

/**
 * Where ch.so is: THEFLASH_CH_SO, or `build/ch/ch.so` of this package, where build-ch puts it, or the one
 * that the package came with.
 *
 * Errors: TOOL where there is none, or none that fits this machine.
 */
export function findLibraryFile(): string {
  const named = process.env['THEFLASH_CH_SO'];
  if (named !== undefined && named !== '') return existing(path.resolve(named));
  const root = packageRoot();
  const built = path.join(root, 'build', 'ch', 'ch.so');
  if (existsSync(built)) return built;
  const prebuilt = readPrebuilt(root);
  if (prebuilt === undefined) return existing(built);
  const misfit = findMisfit(prebuilt, readMachine(root));
  const file = path.join(root, prebuiltFolder, 'ch.so');
  if (misfit === undefined) return file;
  throw new FlashError('TOOL', `The engine library ${file} does not fit: ${misfit.reason}.`, {
    hint: misfit.hint,
  });
}

function existing(file: string): string {
  if (existsSync(file)) return file;
  throw new FlashError('TOOL', `The engine library ${file} does not exist.`, {
    hint: 'Run theflash build-ch, which makes it.',
  });
}

function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  // This file runs from src/ in tests and from dist/ in the product.
  while (!existsSync(path.join(folder, 'package.json'))) {
    const above = path.dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return folder;
}
