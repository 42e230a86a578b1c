import type { ColumnType } from '../../protocol/index.js';

/** How a column's values lie in Arrow buffers: fixed bytes a value, or offsets into a run of bytes. */
export type ColumnLayout =
  | { kind: 'fixed'; bytes: 1 | 2 | 4 | 8 | 16 | 32 }
  /** Offsets count units of `unitBytes`: bytes of a text, items of a list. */
  | { kind: 'variable'; unitBytes: 1 | 4 };

/** The physical layout of `arrowWriteType(type)`. */
export function columnLayout(type: ColumnType): ColumnLayout {
  switch (type.kind) {
    case 'int':
      return { kind: 'fixed', bytes: intBytes(type.bits) };
    case 'decimal':
      return { kind: 'fixed', bytes: type.precision > 38 ? 32 : 16 };
    case 'float':
      return { kind: 'fixed', bytes: type.bits === 32 ? 4 : 8 };
    case 'year':
      return { kind: 'fixed', bytes: 2 };
    case 'date':
      return { kind: 'fixed', bytes: 4 };
    case 'bit':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return { kind: 'fixed', bytes: 8 };
    case 'vector':
      return { kind: 'variable', unitBytes: 4 };
    case 'text':
    case 'bytes':
    case 'enum':
    case 'set':
    case 'json':
    case 'geometry':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { kind: 'variable', unitBytes: 1 };
  }
}

function intBytes(bits: 8 | 16 | 24 | 32 | 64): 1 | 2 | 4 | 8 {
  switch (bits) {
    case 8:
      return 1;
    case 16:
      return 2;
    case 24:
    case 32:
      return 4;
    case 64:
      return 8;
  }
}
