import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { FlashError } from '../protocol/index.js';
import type { Steps } from './steps.js';
import type { Toolchain } from './toolchain.js';

/** One CMake project of native/ and where its products go. */
export interface CmakeProject {
  title: string;
  source: string;
  binary: string;
  definitions: Readonly<Record<string, string>>;
  targets: readonly string[];
}

/** Configures and builds a project. Errors: TOOL with the compiler's last words and the log's place. */
export async function buildWithCmake(
  project: CmakeProject,
  toolchain: Toolchain,
  steps: Steps,
): Promise<void> {
  await steps.run(project.title, async () => {
    await mkdir(project.binary, { recursive: true });
    const log = path.join(project.binary, 'build.log');
    const definitions = Object.entries(project.definitions).map(([name, value]) => {
      return `-D${name}=${value}`;
    });
    await runTool(toolchain.cmake, log, [
      ...['-S', project.source, '-B', project.binary, '-G', toolchain.generator],
      `-DCMAKE_CXX_COMPILER=${toolchain.cxx}`,
      ...definitions,
    ]);
    await runTool(toolchain.cmake, log, [
      ...['--build', project.binary, '--parallel', '--target'],
      ...project.targets,
    ]);
  });
}

async function runTool(program: string, log: string, args: readonly string[]): Promise<void> {
  const { exitCode, all } = await execa(program, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  const text = all;
  await writeFile(log, text);
  if (exitCode === 0) return;
  const lines = text.split('\n');
  const firstError = lines.findIndex((line) => /error|Error/.test(line));
  const told = lines.slice(Math.max(firstError, 0), Math.max(firstError, 0) + 8).join('\n');
  throw new FlashError('TOOL', `${path.basename(program)} failed: ${told}`, {
    hint: `The whole output is in ${log}`,
  });
}

/**
 * Puts libchdb beside ch.so as a relative link, so that the loader finds it at $ORIGIN wherever the
 * tree is moved to. It is never copied: it has half a gigabyte.
 */
export async function linkLibchdb(libchdb: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const link = path.join(folder, 'libchdb.so');
  await rm(link, { force: true });
  await symlink(path.relative(folder, libchdb), link);
}

/** Writes a file only where its text changed, so that CMake compiles only what has to be. */
export async function writeIfChanged(file: string, text: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === text) return;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}
