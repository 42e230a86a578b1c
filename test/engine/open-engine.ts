import { tmpdir } from 'node:os';
import {
  openEmbeddedEngine as open,
  type EmbeddedEngine,
  type EmbeddedEngineOptions,
} from '../../src/engine/index.js';

/**
 * Opens an engine in this process, as `openEmbeddedEngine` of the product does, but in a sandbox that
 * all engines of a test file can share: a process has one, and a test file opens many folders. What a
 * sandbox keeps out is tried in processes of their own.
 */
export function openEmbeddedEngine(
  folder: string,
  options: EmbeddedEngineOptions = {},
): Promise<EmbeddedEngine> {
  return open(folder, { allowPaths: [{ path: tmpdir(), readOnly: false }], ...options });
}
