import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlashError } from '../../protocol/index.js';

/**
 * Where ch.so is: THEFLASH_CH_SO, or `build/ch/ch.so` of this package, where build-ch puts it.
 *
 * Errors: TOOL where it has not been built.
 */
export function findLibraryFile(): string {
  const named = process.env['THEFLASH_CH_SO'];
  const file = named !== undefined && named !== '' ? path.resolve(named) : builtFile();
  if (existsSync(file)) return file;
  throw new FlashError('TOOL', `The engine library ${file} does not exist.`, {
    hint: 'Run theflash build-ch, which makes it.',
  });
}

function builtFile(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  // This file runs from src/ in tests and from dist/ in the product.
  while (!existsSync(path.join(folder, 'package.json'))) {
    const above = path.dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return path.join(folder, 'build', 'ch', 'ch.so');
}
