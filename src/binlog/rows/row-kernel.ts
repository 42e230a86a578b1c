import type { RowKernel } from '../../protocol/index.js';
import type { ChangeBuilder } from '../columns/change-builder.js';
import type { RowsEvent } from '../event.js';
import { KernelMemory, type KernelTarget } from './kernel-memory.js';
import type { ImageColumn } from './row-image.js';

/** Numbers are those of native/src/binlog/row_kernel.h. */
const changes = { insert: 0, delete: 1, update: 2 } as const;

/**
 * Decodes whole images of one table by a kernel outside JavaScript, into the buffers of a builder.
 *
 * The decoders of `src/binlog/values` are the reference: the kernel writes what they would write, byte
 * by byte, or leaves the event to them. It names no problem of its own.
 */
export class KernelRows {
  private readonly kernel: RowKernel;
  private readonly memory: KernelMemory;

  constructor(kernel: RowKernel, columns: readonly KernelTarget[], key: readonly number[]) {
    this.kernel = kernel;
    this.memory = new KernelMemory(kernel, columns, key);
  }

  /**
   * Appends an event's changes as `TableDecoder.append` does.
   *
   * Shape: false where the reference has to decode the event; the builder then holds a part of it.
   * Errors: `MEMORY`.
   */
  append(event: RowsEvent, into: ChangeBuilder): boolean {
    this.memory.at = 0;
    return this.memory.run(into, (memory) =>
      this.kernel.append(memory, event.rows, changes[event.change]),
    );
  }
}

/** A kernel for these columns of an image, where it knows them all. */
export function kernelRows(
  kernel: RowKernel | undefined,
  columns: readonly ImageColumn[],
  key: readonly number[],
): KernelRows | undefined {
  if (kernel === undefined) return undefined;
  const known = columns.flatMap((one) =>
    one.kernel === undefined ? [] : [{ ...one, kernel: one.kernel }],
  );
  return known.length === columns.length ? new KernelRows(kernel, known, key) : undefined;
}
