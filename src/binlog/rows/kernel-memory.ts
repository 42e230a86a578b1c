import type { RowKernel } from '../../protocol/index.js';
import type { ChangeBuilder } from '../columns/change-builder.js';
import type { KernelColumn } from './kernel-layout.js';

/** Outcomes of a call. Numbers are those of native/src/binlog/row_kernel.h. */
const outcomes = { done: 0, needsRows: 1, needsData: 2, needsValidity: 3 } as const;

/** Places in the memory shared with the kernel, in doubles: its struct Shared and SharedColumn. */
const shared = {
  row: 0,
  rowCapacity: 1,
  at: 2,
  needColumn: 3,
  needBytes: 4,
  delmarks: 5,
  layout: 6,
  aux: 7,
  columns: 8,
} as const;
const column = {
  values: 0,
  offsets: 1,
  validity: 2,
  data: 3,
  dataLength: 4,
  dataCapacity: 5,
  nullCount: 6,
  zeroDates: 7,
  count: 8,
} as const;

/** Buffers whose addresses the kernel has. */
interface SeenBuffers {
  values: Uint8Array | undefined;
  offsets: Int32Array | undefined;
  validity: Uint8Array | undefined;
  data: Uint8Array | undefined;
}

/** A column of the rows that a kernel reads. */
export interface KernelTarget {
  /** Bytes of a value, or below zero those of its length, in a row image; 0 elsewhere. */
  width: number;
  /** Index in a builder's columns. */
  index: number;
  nullable: boolean;
  kernel: KernelColumn;
}

/** The memory that a kernel outside JavaScript and a builder share: a layout of rows, and where buffers are. */
export class KernelMemory {
  private readonly kernel: RowKernel;
  /** Kept, as the kernel has their addresses. */
  private readonly layout: Int32Array;
  private readonly aux: Uint8Array;
  private readonly memory: Float64Array;
  private readonly seen: SeenBuffers[];
  private delmarks: Uint8Array | undefined;

  /** `key`: indexes of the key's columns. */
  constructor(kernel: RowKernel, columns: readonly KernelTarget[], key: readonly number[]) {
    this.kernel = kernel;
    const auxStarts: number[] = [];
    let auxBytes = 0;
    for (const { kernel: own } of columns) {
      auxStarts.push(auxBytes);
      auxBytes += own.aux.length;
    }
    this.aux = Buffer.concat([...columns.map((one) => one.kernel.aux), new Uint8Array(8)]);
    this.layout = Int32Array.from([
      columns.length,
      columns.length,
      key.length > 0 ? 1 : 0,
      ...columns.flatMap(({ width, index, nullable, kernel: own }, i) => [
        own.kind,
        width,
        index,
        nullable ? 1 : 0,
        key.includes(index) ? 1 : 0,
        own.first,
        own.second,
        auxStarts[i] ?? 0,
      ]),
    ]);
    this.memory = new Float64Array(shared.columns + columns.length * column.count);
    this.memory[shared.layout] = kernel.addressOf(this.layout);
    this.memory[shared.aux] = kernel.addressOf(this.aux);
    this.seen = columns.map(() => ({
      values: undefined,
      offsets: undefined,
      validity: undefined,
      data: undefined,
    }));
  }

  /** Where in its bytes a call begins, and where it has ended: after the last row that was appended. */
  get at(): number {
    return this.memory[shared.at] ?? 0;
  }

  set at(offset: number) {
    this.memory[shared.at] = offset;
  }

  /**
   * Makes a call, and makes it again after what it needs: it goes on where it stopped.
   *
   * Shape: false where the reference has to decode what comes at `at`.
   * Errors: `MEMORY`.
   */
  run(into: ChangeBuilder, call: (memory: Float64Array) => number): boolean {
    for (;;) {
      this.share(into);
      const outcome = call(this.memory);
      this.takeBack(into);
      const needing = into.columns[this.memory[shared.needColumn] ?? 0];
      switch (outcome) {
        case outcomes.done:
          return true;
        case outcomes.needsRows:
          into.growRows();
          break;
        case outcomes.needsData:
          needing?.data.reserve(this.memory[shared.needBytes] ?? 0);
          break;
        case outcomes.needsValidity:
          needing?.makeValidity();
          break;
        default:
          return false;
      }
    }
  }

  /** Tells where the builder's buffers are now. */
  private share(builder: ChangeBuilder): void {
    const { memory, kernel } = this;
    memory[shared.row] = builder.rows;
    memory[shared.rowCapacity] = builder.capacity;
    if (builder.delmarks !== this.delmarks) {
      this.delmarks = builder.delmarks;
      memory[shared.delmarks] = kernel.addressOf(builder.delmarks);
    }
    for (let i = 0; i < this.seen.length; i++) {
      const target = builder.columns[i];
      const seen = this.seen[i];
      if (target === undefined || seen === undefined) throw new Error('a column without buffer');
      const at = shared.columns + i * column.count;
      if (target.width > 0 && target.values !== seen.values) {
        seen.values = target.values;
        memory[at + column.values] = kernel.addressOf(target.values);
      }
      if (target.width === 0) this.shareVariable(target.data, target.offsets, seen, at);
      if (target.validity !== seen.validity) {
        seen.validity = target.validity;
        memory[at + column.validity] =
          target.validity === undefined ? 0 : kernel.addressOf(target.validity);
      }
      memory[at + column.nullCount] = target.nullCount;
      memory[at + column.zeroDates] = target.zeroDates;
    }
  }

  private shareVariable(
    data: { bytes: Uint8Array; length: number },
    offsets: Int32Array,
    seen: SeenBuffers,
    at: number,
  ): void {
    const { memory, kernel } = this;
    if (offsets !== seen.offsets) {
      seen.offsets = offsets;
      memory[at + column.offsets] = kernel.addressOf(offsets);
    }
    if (data.bytes !== seen.data) {
      seen.data = data.bytes;
      memory[at + column.data] = kernel.addressOf(data.bytes);
      memory[at + column.dataCapacity] = data.bytes.length;
    }
    memory[at + column.dataLength] = data.length;
  }

  /** Takes over what the kernel has written. */
  private takeBack(builder: ChangeBuilder): void {
    const { memory } = this;
    builder.rows = memory[shared.row] ?? 0;
    for (let i = 0; i < this.seen.length; i++) {
      const target = builder.columns[i];
      if (target === undefined) throw new Error('a column without buffer');
      const at = shared.columns + i * column.count;
      if (target.width === 0) target.data.length = memory[at + column.dataLength] ?? 0;
      target.nullCount = memory[at + column.nullCount] ?? 0;
      target.zeroDates = memory[at + column.zeroDates] ?? 0;
    }
  }
}
