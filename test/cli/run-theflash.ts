import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { typescript } from '../typescript.js';

/** What starts `theflash` from its sources, after node's own path: for runs under other programs too. */
export const commandLine: readonly string[] = [
  typescript,
  fileURLToPath(new URL('../../bin/dev.mjs', import.meta.url)),
];

/** A finished run of the command line, whatever its exit code. */
export interface Run {
  exitCode: number | undefined;
  stdout: Uint8Array;
  stdoutText: string;
  stderr: string;
}

/** Runs `theflash` as a process of its own, as a user does. */
export async function runTheflash(
  args: readonly string[],
  options: { input?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [...commandLine, ...args], {
    ...options,
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
  });
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { exitCode, stdout, stdoutText: text(stdout), stderr: text(stderr) };
}
