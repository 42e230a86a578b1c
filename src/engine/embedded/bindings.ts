import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi';
import { FlashError } from '../../protocol/index.js';

/**
 * The functions of native/include/theflash.h, one to one: that header is their manual. Nothing else
 * in the product calls into native code. `scripts/check-abi.js` compares the declarations below with
 * the header and with ch.so.
 */

/** TF_ABI_VERSION of the header that these declarations follow. */
export const abiVersion = 8;

/** tf_status. */
export const status = {
  ok: 0,
  end: 1,
  invalid: 2,
  notFound: 3,
  inUse: 4,
  denied: 5,
  diskFull: 6,
  memory: 7,
  cancelled: 8,
  brokenData: 9,
  engine: 10,
  internal: 11,
} as const;

/** A C pointer. koffi 3 gives and takes them as bigint; null is NULL. */
export type Pointer = bigint | null;

/** Where C writes one value: `[null]` before the call, `[value]` after. */
export type Out<T> = [T | null];

/** tf_error, as koffi copies it out. `message` and `hint` stay C memory until `errorClear`. */
export interface NativeError {
  status?: number;
  engine_code?: number;
  message?: Pointer;
  hint?: Pointer;
}

const declarations = {
  errorClear: 'void tf_error_clear(_Inout_ tf_error *error)',
  abiVersion: 'int32_t tf_abi_version(void)',
  buildInfo: 'const char *tf_build_info(void)',
  sandboxInfo: 'const char *tf_sandbox_info(void)',
  engineOpen:
    'tf_status tf_engine_open(const char *folder, size_t folder_len, const char *options, size_t options_len, _Out_ tf_engine **engine, _Out_ tf_error *error)',
  engineClose: 'void tf_engine_close(_Inout_ tf_engine **engine)',
  execute:
    'tf_status tf_execute(tf_engine *engine, const char *sql, size_t sql_len, _Out_ tf_error *error)',
  scanNew: 'tf_status tf_scan_new(tf_engine *engine, _Out_ tf_scan **scan, _Out_ tf_error *error)',
  scanRole:
    'tf_status tf_scan_role(tf_scan *scan, const char *role, size_t role_len, _Out_ tf_error *error)',
  scanMemory: 'tf_status tf_scan_memory(tf_scan *scan, uint64_t bytes_max, _Out_ tf_error *error)',
  scanStart:
    'tf_status tf_scan_start(tf_scan *scan, const char *sql, size_t sql_len, _Out_ tf_error *error)',
  scanOpen:
    'tf_status tf_scan_open(tf_engine *engine, const char *sql, size_t sql_len, _Out_ tf_scan **scan, _Out_ tf_error *error)',
  scanNext:
    'tf_status tf_scan_next(tf_scan *scan, _Out_ const uint8_t **data, _Out_ size_t *len, _Out_ uint64_t *rows, _Out_ tf_error *error)',
  scanRead:
    'tf_status tf_scan_read(tf_scan *scan, uint8_t *buffer, size_t capacity, _Out_ size_t *len, _Out_ uint64_t *rows, _Out_ uint32_t *crc32, _Out_ tf_error *error)',
  scanCancel: 'void tf_scan_cancel(tf_scan *scan)',
  scanClose: 'void tf_scan_close(_Inout_ tf_scan **scan)',
  insert:
    'tf_status tf_insert(tf_engine *engine, const char *database, size_t database_len, const char *table, size_t table_len, const uint8_t *stream, size_t stream_len, _Out_ uint64_t *rows, _Out_ tf_error *error)',
  answerNew:
    'tf_status tf_answer_new(tf_engine *engine, _Out_ tf_answer **answer, _Out_ tf_error *error)',
  answerSet:
    'tf_status tf_answer_set(tf_answer *answer, const char *name, size_t name_len, const char *value, size_t value_len, _Out_ tf_error *error)',
  answerRole:
    'tf_status tf_answer_role(tf_answer *answer, const char *role, size_t role_len, _Out_ tf_error *error)',
  answerMemory:
    'tf_status tf_answer_memory(tf_answer *answer, uint64_t bytes_max, _Out_ tf_error *error)',
  answerStart:
    'tf_status tf_answer_start(tf_answer *answer, const uint8_t *sql, size_t sql_len, const char *database, size_t database_len, const char *format, size_t format_len, int32_t read_only, _Out_ tf_error *error)',
  answerRead:
    'tf_status tf_answer_read(tf_answer *answer, uint8_t *buffer, size_t capacity, _Out_ size_t *len, _Out_ tf_error *error)',
  answerSummary:
    'tf_status tf_answer_summary(tf_answer *answer, _Out_ void **json, _Out_ size_t *len, _Out_ tf_error *error)',
  answerCancel: 'void tf_answer_cancel(tf_answer *answer)',
  answerClose: 'void tf_answer_close(_Inout_ tf_answer **answer)',
  batchOpen:
    'tf_status tf_batch_open(tf_engine *engine, _Out_ tf_batch **batch, _Out_ tf_error *error)',
  batchReserve:
    'tf_status tf_batch_reserve(tf_batch *batch, uint64_t count, _Out_ uint64_t *first_version, _Out_ tf_error *error)',
  batchAppend:
    'tf_status tf_batch_append(tf_batch *batch, const char *database, size_t database_len, const char *table, size_t table_len, const uint8_t *stream, size_t stream_len, _Out_ tf_error *error)',
  batchCommit:
    'tf_status tf_batch_commit(tf_batch *batch, const char *source, size_t source_len, const char *checkpoint, size_t checkpoint_len, _Out_ tf_error *error)',
  batchClose: 'void tf_batch_close(_Inout_ tf_batch **batch)',
  checkpointGet:
    'tf_status tf_checkpoint_get(tf_engine *engine, const char *source, size_t source_len, _Out_ void **checkpoint, _Out_ size_t *checkpoint_len, _Out_ tf_error *error)',
  free: 'void tf_free(void *pointer)',
  crc32: 'uint32_t tf_crc32(const uint8_t *bytes, size_t len)',
  rowsAppend:
    'int32_t tf_rows_append(double *shared, const uint8_t *rows, size_t rows_len, int32_t change)',
  textRowsAppend:
    'int32_t tf_text_rows_append(double *shared, const uint8_t *packets, size_t packets_len, int32_t sequence)',
} as const;

type NativeName = keyof typeof declarations;

/** ch.so, loaded: call its functions at once, or on a thread of libuv's pool. */
export interface Bindings {
  /** `tf_crc32` and `tf_rows_append` themselves, as they are called for every event. */
  crc32: (bytes: Uint8Array, lengthBytes: number) => number;
  rowsAppend: (
    shared: Float64Array,
    rows: Uint8Array,
    lengthBytes: number,
    change: number,
  ) => number;
  /** `tf_text_rows_append`, once a piece of an answer. */
  textRowsAppend: (
    shared: Float64Array,
    packets: Uint8Array,
    lengthBytes: number,
    sequence: number,
  ) => number;
  call(name: NativeName, ...args: unknown[]): unknown;
  callAsync(name: NativeName, ...args: unknown[]): Promise<unknown>;
}

let loaded: { file: string; bindings: Bindings } | undefined;

/**
 * Loads ch.so, once a process: two copies of it would be two engines.
 *
 * Errors: TOOL where it can't be loaded or is of another ABI than these declarations.
 */
export function loadBindings(file: string): Bindings {
  if (loaded?.file === file) return loaded.bindings;
  if (loaded !== undefined) {
    throw new FlashError(
      'TOOL',
      `This process has ${loaded.file} loaded, and can't load ${file} too.`,
    );
  }
  const bindings = bind(file);
  const found = bindings.call('abiVersion');
  if (found !== abiVersion) {
    throw new FlashError(
      'TOOL',
      `${file} is of ABI version ${String(found)}, this TheFlash needs ${String(abiVersion)}.`,
      { hint: 'Run theflash build-ch.' },
    );
  }
  loaded = { file, bindings };
  return bindings;
}

/**
 * Memory of C as bytes, without a copy.
 *
 * Owns: the memory stays C's: the bytes must not be touched after C has freed or reused it.
 */
export function viewMemory(pointer: bigint, lengthBytes: number): Uint8Array {
  return new Uint8Array(koffi.view(pointer, lengthBytes));
}

/** Where a buffer's first byte is. */
export function addressOf(bytes: ArrayBufferView): number {
  return Number(koffi.address(bytes));
}

/** Copies a text of C; `lengthBytes` may be left out where it ends in NUL. */
export function readText(pointer: bigint, lengthBytes?: number): string {
  if (lengthBytes === undefined) return koffi.decode.string(pointer);
  return Buffer.from(viewMemory(pointer, lengthBytes)).toString('utf8');
}

function bind(file: string): Bindings {
  const library = loadLibrary(file);
  declareTypes();
  const functions = new Map(
    Object.entries(declarations).map(([name, prototype]) => [name, library.func(prototype)]),
  );
  const find = (name: NativeName): KoffiFunc<(...args: unknown[]) => unknown> => {
    const found = functions.get(name);
    if (found === undefined)
      throw new FlashError('INTERNAL', `ch.so function ${name} is not bound`);
    return found;
  };
  const rowsAppend = find('rowsAppend');
  const textRowsAppend = find('textRowsAppend');
  const crc32 = find('crc32');
  return {
    crc32: (...args) => Number(crc32(...args)),
    rowsAppend: (...args) => Number(rowsAppend(...args)),
    textRowsAppend: (...args) => Number(textRowsAppend(...args)),
    call: (name, ...args) => find(name)(...args),
    callAsync: (name, ...args) =>
      new Promise((resolve, reject) => {
        find(name).async(...args, (error: unknown, result: unknown) => {
          if (error instanceof Error) reject(error);
          else resolve(result);
        });
      }),
  };
}

function loadLibrary(file: string): LibraryHandle {
  try {
    return koffi.load(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FlashError('TOOL', `The engine library ${file} can't be loaded: ${why}`, {
      hint: 'Run theflash build-ch.',
      cause,
    });
  }
}

function declareTypes(): void {
  koffi.alias('tf_status', 'int32_t');
  for (const handle of ['tf_engine', 'tf_scan', 'tf_answer', 'tf_batch']) koffi.opaque(handle);
  koffi.struct('tf_error', {
    status: 'int32_t',
    engine_code: 'int32_t',
    message: 'void *',
    hint: 'void *',
  });
}
