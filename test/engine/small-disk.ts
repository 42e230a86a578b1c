import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const chunkBytes = 1 << 20;
/** What a file of one byte takes. */
const pageBytes = 4096;
const namesMax = 4000;

/** A disk of a few megabytes, which a test can fill and make read-only. */
export interface SmallDisk {
  folder: string;
  /** Takes space away until only `leftBytes` are left, rounded to pages. */
  fill(leftBytes: number): void;
  /** Makes files until the disk takes no more names, so that even a link of a file fails. */
  fillNames(): void;
  /** Gives the space back, and the names. */
  free(): void;
  /** Mounts it for reading alone, or for writing too; nothing on it may be open for writing. */
  setReadOnly(isReadOnly: boolean): void;
  /**
   * Lets nothing below `folder` be written any more, whatever is open in it, as a disk does that its
   * system has turned read-only. What is open for writing already goes on being written.
   */
  refuseWrites(folder: string): void;
  /** Lets `folder` be written again. */
  allowWrites(folder: string): void;
  remove(): Promise<void>;
}

/** Mounts a disk in memory. Gives why not where the system does not let this process. */
export async function mountSmallDisk(sizeMib: number): Promise<SmallDisk | { reason: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-disk-'));
  try {
    execFileSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${sizeMib}m,nr_inodes=${namesMax}`, 'tmpfs', folder],
      {
        stdio: 'pipe',
      },
    );
  } catch (error) {
    await rm(folder, { recursive: true });
    const reason = error instanceof Error ? (error.message.split('\n').at(-2) ?? '') : '';
    return { reason: `no disk can be mounted here, only root may: ${reason}` };
  }
  const filler = path.join(folder, 'filler');
  const names = path.join(folder, 'names');
  return {
    folder,
    fill(leftBytes): void {
      const file = openSync(filler, 'a');
      try {
        while (freeBytes(folder) >= leftBytes + pageBytes) {
          const wanted = Math.min(chunkBytes, freeBytes(folder) - leftBytes);
          writeSync(file, Buffer.alloc(wanted - (wanted % pageBytes), 1));
        }
      } finally {
        closeSync(file);
      }
    },
    fillNames(): void {
      mkdirSync(names, { recursive: true });
      for (let number = 0; number < namesMax && statfsSync(folder).ffree > 0; number++) {
        writeFileSync(path.join(names, String(number)), '');
      }
    },
    free(): void {
      rmSync(filler, { force: true });
      rmSync(names, { recursive: true, force: true });
    },
    setReadOnly(isReadOnly): void {
      const mode = isReadOnly ? 'ro' : 'rw';
      execFileSync('mount', ['-o', `remount,${mode}`, folder], { stdio: 'pipe' });
    },
    refuseWrites(below): void {
      execFileSync('mount', ['--bind', below, below], { stdio: 'pipe' });
      execFileSync('mount', ['-o', 'remount,bind,ro', below], { stdio: 'pipe' });
    },
    allowWrites(below): void {
      // Lazily: the engine may have files open that it found through it.
      execFileSync('umount', ['--lazy', below], { stdio: 'pipe' });
    },
    async remove(): Promise<void> {
      execFileSync('umount', ['--recursive', folder], { stdio: 'pipe' });
      await rm(folder, { recursive: true });
    },
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
