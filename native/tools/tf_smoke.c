/*
 * tf_smoke: loads a ch.so by the C ABI alone and drives one table through it. Prints the build info
 * of the library as one line of JSON; the exit code is 0 when all went as it must.
 *
 *   tf_smoke CH_SO DATA_FOLDER
 *
 * It is C, so that it also shows that theflash.h is.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "theflash.h"

static void *library;

/* ISO C has no cast from an object pointer to a function pointer; POSIX promises that it works. */
static int load(void *function, const char *name) {
  void *symbol = dlsym(library, name);
  if (symbol == NULL) {
    fprintf(stderr, "ch.so does not export %s\n", name);
    return 0;
  }
  memcpy(function, &symbol, sizeof symbol);
  return 1;
}

static __typeof__(tf_abi_version) *abi_version;
static __typeof__(tf_build_info) *build_info;
static __typeof__(tf_engine_open) *engine_open;
static __typeof__(tf_engine_close) *engine_close;
static __typeof__(tf_execute) *execute;
static __typeof__(tf_scan_open) *scan_open;
static __typeof__(tf_scan_next) *scan_next;
static __typeof__(tf_scan_close) *scan_close;

static int failed(const char *step, const tf_error *error) {
  fprintf(stderr, "%s: status %d, engine code %d: %s\n", step, (int)error->status,
          (int)error->engine_code, error->message == NULL ? "" : error->message);
  if (error->hint != NULL) fprintf(stderr, "%s\n", error->hint);
  return 1;
}

static int scan_gives(tf_engine *engine, const char *sql, uint64_t rows_expected) {
  tf_error error = {0};
  tf_scan *scan = NULL;
  if (scan_open(engine, sql, strlen(sql), &scan, &error) != TF_OK) return failed(sql, &error);
  uint64_t rows_seen = 0;
  for (;;) {
    const uint8_t *data = NULL;
    size_t len = 0;
    uint64_t rows = 0;
    const tf_status status = scan_next(scan, &data, &len, &rows, &error);
    if (status == TF_END) break;
    if (status != TF_OK) return failed(sql, &error);
    rows_seen += rows;
  }
  scan_close(&scan);
  if (rows_seen == rows_expected) return 0;
  fprintf(stderr, "%s: need %llu rows, got %llu\n", sql, (unsigned long long)rows_expected,
          (unsigned long long)rows_seen);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: tf_smoke CH_SO DATA_FOLDER\n");
    return 2;
  }
  library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  if (!load(&abi_version, "tf_abi_version") || !load(&build_info, "tf_build_info") ||
      !load(&engine_open, "tf_engine_open") || !load(&engine_close, "tf_engine_close") ||
      !load(&execute, "tf_execute") || !load(&scan_open, "tf_scan_open") ||
      !load(&scan_next, "tf_scan_next") || !load(&scan_close, "tf_scan_close")) {
    return 1;
  }
  if (abi_version() != TF_ABI_VERSION) {
    fprintf(stderr, "ABI version: need %d, got %d\n", TF_ABI_VERSION, (int)abi_version());
    return 1;
  }
  tf_error error = {0};
  tf_engine *engine = NULL;
  if (engine_open(argv[2], strlen(argv[2]), NULL, 0, &engine, &error) != TF_OK) {
    return failed("open", &error);
  }
  const char *sql =
      "CREATE DATABASE smoke;"
      "CREATE TABLE smoke.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;"
      "INSERT INTO smoke.t VALUES (1, 'a'), (2, 'b;'), (3, 'c');"
      "UPSERT INTO smoke.t VALUES (1, 'A');"
      "DELETE FROM smoke.t WHERE k = 2";
  if (execute(engine, sql, strlen(sql), &error) != TF_OK) return failed("execute", &error);
  if (scan_gives(engine, "SELECT * FROM smoke.t", 2) != 0) return 1;
  if (scan_gives(engine, "SELECT v FROM smoke.t WHERE v = 'A'", 1) != 0) return 1;
  engine_close(&engine);
  printf("%s\n", build_info());
  return 0;
}
