import { existsSync } from 'node:fs';
import path from 'node:path';
import { Flags } from '@oclif/core';
import {
  buildEngine,
  formatMatrix,
  type Manifest,
  projectRoot,
  readPrebuiltManifest,
  Steps,
  syncMatrix,
  type SyncRow,
} from '../build/index.js';
import { FlashCommand } from '../cli/index.js';
import { fittingPrebuilt } from '../engine/index.js';

export default class BuildCh extends FlashCommand {
  static override summary = 'Builds ch.so, the patched engine, and proves its patches.';
  static override description =
    'Lays ch-patches/ on the pinned libchdb, proves each patch on it, compiles native/ and writes ' +
    'build/ch/ch.so with a manifest. Does nothing where nothing changed, or where the package came with ' +
    'a ch.so of the same sources.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --ch 26.5.3',
    '<%= config.bin %> <%= command.id %> --sync --json',
  ];
  static override flags = {
    ch: Flags.string({
      helpValue: 'VERSION',
      summary: 'Build against this published engine instead of the pinned one.',
    }),
    sync: Flags.boolean({
      summary: 'Tell which patches hold on the newest published engines; builds nothing.',
    }),
  };

  async run(): Promise<Manifest | { matrix: readonly SyncRow[] }> {
    const { flags } = await this.parse(BuildCh);
    const steps = new Steps(process.stderr);
    const searchPath = process.env['PATH'] ?? '';
    if (flags.sync) {
      const versions = flags.ch === undefined ? undefined : [flags.ch];
      const matrix = await syncMatrix({ root: projectRoot, steps, searchPath, versions });
      this.log(formatMatrix(matrix));
      return { matrix };
    }
    const carried = flags.ch === undefined ? await carriedEngine() : undefined;
    if (carried !== undefined) {
      steps.note(
        'Nothing to build: this package came with a ch.so of the same sources, which fits.',
      );
      return carried;
    }
    const request = { root: projectRoot, chVersion: flags.ch, steps, searchPath };
    const { manifest, rebuilt } = await buildEngine(request);
    const { engine, patches, patchLevel } = manifest;
    steps.note(
      `${rebuilt ? 'Built' : 'Nothing changed:'} build/ch/ch.so: ClickHouse ${engine}, ` +
        `${String(patches.length)} patches (level ${patchLevel}).`,
    );
    return manifest;
  }
}

/** Gives the manifest of the ch.so that the package came with, where that is used and is as a build would be. */
async function carriedEngine(): Promise<Manifest | undefined> {
  if (existsSync(path.join(projectRoot, 'build', 'ch', 'ch.so'))) return undefined;
  if (fittingPrebuilt(projectRoot) === undefined) return undefined;
  return await readPrebuiltManifest(projectRoot);
}
