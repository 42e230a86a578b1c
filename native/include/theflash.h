/*
 * theflash.h: the C ABI of ch.so, TheFlash's engine library, and its manual.
 *
 * ch.so is a ClickHouse engine (libchdb) with TheFlash's patches: mutable tables, atomic write
 * batches over many tables with a checkpoint, and scans as Arrow IPC messages.
 *
 * Threads. Every function may be called from any thread, and blocks until it is done. The engine
 * itself runs only on threads of ch.so: the caller's stack may be small or foreign (a koffi call, a
 * Go or JVM thread). Calls on one handle are serialised; calls on different handles run in
 * parallel. A process must not use an engine in a child of fork() without exec().
 *
 * Ownership. A handle is freed by its own close function, which takes the address of the caller's
 * pointer, sets it to NULL, and accepts NULL: closing twice is harmless. A handle is no address,
 * and no two of a process are equal: a copy of one that was closed is refused (TF_INVALID), however
 * many were opened since. Pointers that a function hands out live as long as its comment says, no
 * longer. Input buffers are only read, and only during the call.
 *
 * Errors. A function that can fail returns tf_status. On any status but TF_OK the optional
 * `tf_error` out-parameter is filled; it must be released by tf_error_clear. Nothing throws across
 * this boundary. After TF_INTERNAL close the engine: a bug was met.
 *
 * Text is UTF-8, given as pointer and length in bytes, and need not end in NUL. Integers are in
 * host byte order. Times are milliseconds.
 *
 * ABI rule. Structs are never reordered or shortened; TF_ABI_VERSION rises with any change that an
 * older caller would notice. A caller checks tf_abi_version() == TF_ABI_VERSION after loading.
 */
#ifndef THEFLASH_H
#define THEFLASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TF_EXPORT __attribute__((visibility("default")))
#else
#define TF_EXPORT
#endif

#define TF_ABI_VERSION 8

/* What a call came to. The numbers are stable; what the caller should do stands after each. */
typedef enum tf_status {
  TF_OK = 0,
  TF_END = 1,         /* of a scan: it gave all its rows */
  TF_INVALID = 2,     /* the arguments or the SQL text are wrong: mend the call */
  TF_NOT_FOUND = 3,   /* no such database, table, column or snapshot */
  TF_IN_USE = 4,      /* another process has the folder open: connect to it, or stop it */
  TF_DENIED = 5,      /* the folder or disk refuses (permissions, read-only): repair, then retry */
  TF_DISK_FULL = 6,   /* no space left: free space, then retry (a batch: see tf_batch_commit) */
  TF_MEMORY = 7,      /* a memory cap was met: smaller batches, or a higher cap */
  TF_CANCELLED = 8,   /* the handle was cancelled or its engine closed */
  TF_BROKEN_DATA = 9, /* parts lost to a crash, or a folder of another patch level: see the hint */
  TF_ENGINE = 10,     /* any other error of ClickHouse: engine_code and message tell */
  TF_INTERNAL = 11    /* a bug in ch.so */
} tf_status;

/* Filled on failure. `message` and `hint` are owned by the struct until tf_error_clear. */
typedef struct tf_error {
  tf_status status;
  int32_t engine_code; /* ClickHouse error code (system.errors), 0 where there is none */
  char *message;       /* what and where, NUL-terminated, never NULL after a failure */
  char *hint;          /* what to do, NUL-terminated, or NULL */
} tf_error;

/* Frees message and hint and zeroes the struct. NULL and cleared structs are fine. */
TF_EXPORT void tf_error_clear(tf_error *error);

/* TF_ABI_VERSION that ch.so was compiled with. */
TF_EXPORT int32_t tf_abi_version(void);

/*
 * Versions as a JSON object: {"abi":2,"engine":"26.7.2.1","chdb":"26.7.3","patches":["..."]}.
 * Static; never freed.
 */
TF_EXPORT const char *tf_build_info(void);

/*
 * What keeps the engine's threads of this process in their folders: "landlock (ABI 7)", or "none".
 * Settled by the first tf_engine_open, "none" before. Static; never freed.
 */
TF_EXPORT const char *tf_sandbox_info(void);

/* ---- engine ------------------------------------------------------------------------------- */

typedef struct tf_engine tf_engine;

/*
 * Opens the engine on a data folder, creating it if it is missing and `options` does not forbid it.
 *
 * One process opens a folder at a time (TF_IN_USE names the other one's process id), and one
 * process opens one folder at a time. A batch whose commit was interrupted by a crash is completed
 * here, before the engine is given out.
 *
 * A folder of an older format, or of another patch level, is brought up to date here; one of a
 * newer format or a later ClickHouse release is refused (TF_BROKEN_DATA) and stays as it is.
 *
 * `options` is a JSON object, or empty; unknown members are refused:
 *   "create": bool (true), "memory_bytes_max": number (0: 0.7 of the machine),
 *   "query_memory_bytes_max": number (0: none), "scans_max": number (32),
 *   "allow_external": bool (false), "allow_broken": bool (false: parts lost to a crash refuse the
 *   open with TF_BROKEN_DATA; true opens it all the same, to repair it),
 *   "sandbox": "auto" ("require", "off"), "allow_paths": list of texts (empty),
 *   "allow_paths_read_only": list of texts (empty), "rights": list of texts (empty)
 *
 * Rights. Each text of "rights" is role, "read" or "write", database and table, with tabs between:
 * `role` (letters, digits, _) is what tf_scan_role and tf_answer_role take. "*" as database and
 * table means all, "shop" and "*" all of a database; a name that ends in "*" all that begin so.
 * The databases theflash…, system and information_schema are no part of any. "allow_external"
 * and "rights" refuse each other.
 *
 * The sandbox. Every thread of ch.so that calls the engine, and all that the engine starts, are
 * held by the kernel (Landlock and seccomp): they reach the engine folder and those of
 * "allow_paths" and "allow_paths_read_only", which must be there; they make no sockets, run no
 * programs, and read neither memory nor environment of a process. The caller's threads stay as they
 * are. "auto" goes without it where the kernel has none (tf_sandbox_info tells), "require" refuses
 * the open (TF_DENIED), "off" and "allow_external" leave it out. BACKUP and RESTORE reach the
 * folders of both lists alone, file() reads there alone, and only in a sandbox.
 *
 * A thread never leaves its sandbox, and the engine keeps its threads when it is closed. So a
 * process has one sandbox, settled by its first open: an open that asks for another one is refused
 * (TF_IN_USE). Who opens several folders in one process, one after the other, names a folder above
 * all of them in "allow_paths" each time.
 *
 * Owns: *engine belongs to the caller until tf_engine_close.
 */
TF_EXPORT tf_status tf_engine_open(const char *folder, size_t folder_len, const char *options,
                                   size_t options_len, tf_engine **engine, tf_error *error);

/* Cancels open scans and batches (their handles stay to be closed), closes the engine, frees it. */
TF_EXPORT void tf_engine_close(tf_engine **engine);

/* ---- SQL and scans ------------------------------------------------------------------------ */

typedef struct tf_scan tf_scan;

/*
 * Runs SQL that gives no rows, of one or several statements: DDL, INSERT, and TheFlash's verbs.
 * On an error in statement n, the statements before it have taken effect. A statement that writes a
 * mutable table is seen whole or not at all, and survives a crash whole or not at all.
 *
 * Snapshots keep the rows of tables as they are at one instant between two batches:
 *   CREATE SNAPSHOT s OF db.t, db.u [EXPIRES IN n SECONDS]     (a day, where nothing is said)
 *   ALTER SNAPSHOT s EXPIRES IN n SECONDS                      from now on
 *   DROP SNAPSHOT [IF EXISTS] s                                scans of it go on to their end
 *   SHOW SNAPSHOTS                                             name, tables, created_at, expires_at
 *   SELECT … FROM db.t AT SNAPSHOT s [AS x] …                  in joins and subqueries, too
 * Making one takes milliseconds and no space (hard links); it then holds the parts of that instant,
 * over restarts too, until it is dropped or expires.
 */
TF_EXPORT tf_status tf_execute(tf_engine *engine, const char *sql, size_t sql_len, tf_error *error);

/*
 * Makes a scan that tf_scan_start then starts: two steps, so that tf_scan_cancel can reach the
 * second one. Takes one connection of the pool ("scans_max"); waits for one while all are in use.
 * Owns: *scan belongs to the caller until tf_scan_close.
 */
TF_EXPORT tf_status tf_scan_new(tf_engine *engine, tf_scan **scan, tf_error *error);

/*
 * Has the scan run with the rights of a role alone: of "rights" of tf_engine_open. ClickHouse asks
 * for them wherever the statement reaches a table. Of statements that change something INSERT,
 * UPDATE and DELETE are left. Before tf_scan_start.
 *
 * Errors: TF_INVALID for a role that there is not. Those of what follows: TF_DENIED or TF_ENGINE,
 * with engine code 497, for what the role has no right to.
 */
TF_EXPORT tf_status tf_scan_role(tf_scan *scan, const char *role, size_t role_len, tf_error *error);

/*
 * Bounds the memory of each statement of the scan, beside "query_memory_bytes_max", of which the
 * smaller one counts; no statement can raise it. Units: bytes; 0 is no bound. Before tf_scan_start.
 *
 * Errors of what follows: TF_ENGINE with engine code 241 for a statement that needs more.
 */
TF_EXPORT tf_status tf_scan_memory(tf_scan *scan, uint64_t bytes_max, tf_error *error);

/*
 * Starts a query whose result is pulled as Arrow IPC messages. The rows are those of the moment of
 * this call, whatever is written later. Statements without a result give a scan that ends at once
 * after an empty schema, so a caller need not know which kind a text is. A SELECT is planned here,
 * which runs its scalar subqueries; what is not one SELECT runs in the first tf_scan_next.
 *
 * Errors: those of planning, and TF_CANCELLED; only tf_scan_close is then of use.
 */
TF_EXPORT tf_status tf_scan_start(tf_scan *scan, const char *sql, size_t sql_len, tf_error *error);

/*
 * tf_scan_new and tf_scan_start in one, for callers that need not cancel the planning.
 * Owns: *scan belongs to the caller until tf_scan_close; NULL after an error.
 */
TF_EXPORT tf_status tf_scan_open(tf_engine *engine, const char *sql, size_t sql_len, tf_scan **scan,
                                 tf_error *error);

/*
 * Gives the next encapsulated Arrow IPC message: first the schema, then record batches, all
 * uncompressed. The messages in order, followed by the 8-byte end-of-stream marker
 * FFFFFFFF 00000000, are an Arrow IPC stream.
 *
 * Units: `len` in bytes; `rows` is the row count of a record batch, 0 for the schema.
 * Owns: *data belongs to the scan, and lives until the next call on it.
 * Errors: TF_END when all rows were given; TF_CANCELLED; the query's own errors.
 */
TF_EXPORT tf_status tf_scan_next(tf_scan *scan, const uint8_t **data, size_t *len, uint64_t *rows,
                                 tf_error *error);

/*
 * As tf_scan_next, but copies the message into a buffer of the caller's, and sums it up: on this
 * thread, for callers who have other work for the thread that sends it on.
 *
 * A message that is longer than `capacity` is not copied: *len says how much it needs, and the next
 * call gives it again.
 *
 * Units: `capacity` and `len` in bytes. *crc32 becomes the CRC-32 of the message, as of tf_crc32;
 * NULL leaves it out.
 * Owns: the buffer stays the caller's; it is written to until the call returns, and not after.
 * Errors: as of tf_scan_next.
 */
TF_EXPORT tf_status tf_scan_read(tf_scan *scan, uint8_t *buffer, size_t capacity, size_t *len,
                                 uint64_t *rows, uint32_t *crc32, tf_error *error);

/* Stops the query at once; whoever waits for a message gets TF_CANCELLED. From any thread. */
TF_EXPORT void tf_scan_cancel(tf_scan *scan);

/* Cancels what still runs, gives the connection back and frees the scan. */
TF_EXPORT void tf_scan_close(tf_scan **scan);

/*
 * Inserts rows into a plain table of the MergeTree family: one that is not mutable, as a job's own
 * staging table. Takes no turn among writers, so that many may run at once.
 *
 * Shape: `stream` is a whole Arrow IPC stream of columns of the table by name, in any order;
 * columns that it lacks get their defaults. Units: *rows is how many were written. Errors:
 * TF_INVALID where the table is mutable or the columns do not fit; after an error some of the rows
 * may have been written. Guarantee: TF_OK means durable.
 */
TF_EXPORT tf_status tf_insert(tf_engine *engine, const char *database, size_t database_len,
                              const char *table, size_t table_len, const uint8_t *stream,
                              size_t stream_len, uint64_t *rows, tf_error *error);

/* ---- answers in a format -------------------------------------------------------------------- */

typedef struct tf_answer tf_answer;

/*
 * Makes an answer: one statement whose result leaves as bytes of a ClickHouse format, as over its
 * HTTP interface. tf_answer_start then starts it; tf_answer_cancel can reach that. Takes one
 * connection of the pool ("scans_max"), as a scan does; waits for one while all are in use.
 * Owns: *answer belongs to the caller until tf_answer_close.
 */
TF_EXPORT tf_status tf_answer_new(tf_engine *engine, tf_answer **answer, tf_error *error);

/*
 * Notes a setting of ClickHouse, in the text form of SET, for this answer alone. Before
 * tf_answer_start, which refuses those that a SETTINGS clause may not set either. What writes takes
 * settings of input formats, those that allow types (allow_experimental_…, allow_suspicious_…), and
 * any that have the value already: others would reach ch.so's own statements.
 */
TF_EXPORT tf_status tf_answer_set(tf_answer *answer, const char *name, size_t name_len,
                                  const char *value, size_t value_len, tf_error *error);

/* As tf_scan_role, of an answer; before tf_answer_start. */
TF_EXPORT tf_status tf_answer_role(tf_answer *answer, const char *role, size_t role_len,
                                   tf_error *error);

/* As tf_scan_memory, of an answer; before tf_answer_start. */
TF_EXPORT tf_status tf_answer_memory(tf_answer *answer, uint64_t bytes_max, tf_error *error);

/*
 * Runs one statement, by the SQL layer and under the locks of every other. The rows of a query are
 * those of the moment of this call, which plans it; what is none runs here to its end. An INSERT is
 * followed by its data, in any input format: the text is bytes.
 *
 * `database` is the one of names without one, "default" where it is empty. `format` is that of the
 * rows where the statement has no FORMAT clause. `read_only` not 0 refuses what changes anything
 * (TF_DENIED, engine code 164).
 *
 * Errors: TF_INVALID (engine code 62) for a text of no or of several statements; those of planning;
 * TF_CANCELLED. Only tf_answer_close is then of use.
 */
TF_EXPORT tf_status tf_answer_start(tf_answer *answer, const uint8_t *sql, size_t sql_len,
                                    const char *database, size_t database_len, const char *format,
                                    size_t format_len, int32_t read_only, tf_error *error);

/*
 * Gives the next bytes of the result, as many as there are and fit; waits while there are none. The
 * engine makes no more than a pipe and its own buffers hold before they are asked for.
 *
 * Units: `capacity` and `len` in bytes. Owns: the buffer stays the caller's.
 * Errors: TF_END when all was given; TF_CANCELLED; the query's own errors, after what it had
 * written until then.
 */
TF_EXPORT tf_status tf_answer_read(tf_answer *answer, uint8_t *buffer, size_t capacity, size_t *len,
                                   tf_error *error);

/*
 * What is known of a started answer, as a JSON object: "format" (that of the rows), "read_rows",
 * "read_bytes", "written_rows" and "written_bytes" (numbers, 0 before the end).
 * Owns: *json is freed by tf_free.
 */
TF_EXPORT tf_status tf_answer_summary(tf_answer *answer, char **json, size_t *len, tf_error *error);

/* Stops the statement at once; whoever waits for bytes gets TF_CANCELLED. From any thread. */
TF_EXPORT void tf_answer_cancel(tf_answer *answer);

/* Cancels what still runs, gives the connection back and frees the answer. */
TF_EXPORT void tf_answer_close(tf_answer **answer);

/* ---- write batches ------------------------------------------------------------------------ */

typedef struct tf_batch tf_batch;

/*
 * Opens a write batch: row changes of many tables and one checkpoint that readers see all at once
 * or not at all. One batch is open at a time; a second call waits for the first to end.
 * Owns: *batch belongs to the caller until tf_batch_close.
 */
TF_EXPORT tf_status tf_batch_open(tf_engine *engine, tf_batch **batch, tf_error *error);

/*
 * Reserves `count` versions for rows of this batch and gives the first of them. Versions rise
 * strictly, over restarts too: a row with a higher version replaces one of the same key.
 */
TF_EXPORT tf_status tf_batch_reserve(tf_batch *batch, uint64_t count, uint64_t *first_version,
                                     tf_error *error);

/*
 * Stages rows for a mutable table: durable, but seen by nobody before tf_batch_commit. Calls for
 * different tables may run at once, as an exception to the rule. May be called many times for a
 * table; a transaction of any size is staged in pieces of bounded memory.
 *
 * Shape: `stream` is a whole Arrow IPC stream of the table's columns by name, in any order, plus
 * `_INTERNAL_VERSION` (uint64) and `_INTERNAL_DELMARK` (uint8, 1 marks a deleted key, whose other
 * columns may hold anything). A table without a primary key takes the same columns: delmark 1 takes
 * away one row equal to the one given.
 * Errors: after any failure only tf_batch_close is of use; nothing of the batch is applied.
 */
TF_EXPORT tf_status tf_batch_append(tf_batch *batch, const char *database, size_t database_len,
                                    const char *table, size_t table_len, const uint8_t *stream,
                                    size_t stream_len, tf_error *error);

/*
 * Applies the batch and sets the checkpoint of `source`: an opaque text that tf_checkpoint_get
 * gives back; `source` must not be empty. TF_OK means durable and visible. After a crash in the
 * call, the next open finds either all of the batch or none of it. An error that came when the
 * commit was recorded already leaves the batch to be applied by the next call that can: so ask
 * tf_checkpoint_get what became of it, before anything is written again. Until then reads fail,
 * they never see half of it.
 */
TF_EXPORT tf_status tf_batch_commit(tf_batch *batch, const char *source, size_t source_len,
                                    const char *checkpoint, size_t checkpoint_len, tf_error *error);

/* Drops what was staged and not committed, and frees the batch. */
TF_EXPORT void tf_batch_close(tf_batch **batch);

/*
 * Gives the last committed checkpoint of `source`, or NULL and length 0 where there is none.
 * Owns: *checkpoint is freed by tf_free.
 */
TF_EXPORT tf_status tf_checkpoint_get(tf_engine *engine, const char *source, size_t source_len,
                                      char **checkpoint, size_t *checkpoint_len, tf_error *error);

/* Frees a text that a function of this header handed over. NULL is fine. */
TF_EXPORT void tf_free(void *pointer);

/* ---- rows of a binary log ----------------------------------------------------------------- */

/* The CRC32 of bytes, as zlib's and as it follows MySQL's events. */
TF_EXPORT uint32_t tf_crc32(const uint8_t *bytes, size_t len);

/*
 * Appends the rows of one rows event to Arrow buffers. Needs no engine.
 *
 * Shape: `shared` holds doubles: counters, and the addresses of the layout and of the buffers; its
 * layout is stated in native/src/binlog/row_kernel.h and src/binlog/rows/row-kernel.ts, which
 * change together. `change`: 0 inserts, 1 deletes, 2 updates. Returns 0 when the event is appended,
 * else what is needed before the call is made again: it goes on where it stopped. Owns: the caller
 * keeps every buffer alive and in place during the call; nothing is kept after it. Guarantee: no
 * read outside of `rows`, whatever its bytes; no write outside of the buffers.
 */
TF_EXPORT int32_t tf_rows_append(double *shared, const uint8_t *rows, size_t rows_len,
                                 int32_t change);

/*
 * As tf_rows_append, for rows of a server's answer in MySQL's text protocol: `packets` are as they
 * came, whole or cut, and `sequence` is the number of the first. Returns 0 where what is whole of
 * them is appended.
 */
TF_EXPORT int32_t tf_text_rows_append(double *shared, const uint8_t *packets, size_t packets_len,
                                      int32_t sequence);

#ifdef __cplusplus
}
#endif
#endif /* THEFLASH_H */
