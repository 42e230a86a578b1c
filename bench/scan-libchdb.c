/*
 * scan_libchdb: what libchdb alone needs to give a query's result as an Arrow stream.
 *
 *   scan_libchdb DATA_FOLDER OVERLAY_CONFIG SQL RUNS
 *
 * Prints a line of JSON for each run: seconds and bytes, from the query's start to its last piece,
 * each byte read once. The declarations follow native/src/session/chdb_abi.h.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct chdb_connection_ *chdb_connection;
typedef struct chdb_result_ chdb_result;
void chdb_set_signal_handlers_enabled(int enabled);
chdb_connection *chdb_connect(int argc, char **argv);
void chdb_close_conn(chdb_connection *connection);
chdb_result *chdb_stream_query_n(chdb_connection connection, const char *sql, size_t sql_len,
                                 const char *format, size_t format_len);
chdb_result *chdb_stream_fetch_result(chdb_connection connection, chdb_result *stream);
void chdb_destroy_query_result(chdb_result *result);
const char *chdb_result_buffer(chdb_result *result);
size_t chdb_result_length(chdb_result *result);
const char *chdb_result_error(chdb_result *result);

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *error) {
  fprintf(stderr, "%s\n", error);
  exit(1);
}

/* So that the pages are touched, as any reader would. */
static uint64_t sum_words(const char *bytes, size_t length) {
  uint64_t sum = 0;
  for (size_t at = 0; at + 8 <= length; at += 8) {
    uint64_t word;
    memcpy(&word, bytes + at, 8);
    sum += word;
  }
  return sum;
}

static void run_once(chdb_connection connection, const char *sql) {
  const double start = now();
  uint64_t bytes = 0;
  uint64_t sum = 0;
  chdb_result *stream = chdb_stream_query_n(connection, sql, strlen(sql), "ArrowStream", 11);
  if (chdb_result_error(stream) != NULL) fail(chdb_result_error(stream));
  for (;;) {
    chdb_result *piece = chdb_stream_fetch_result(connection, stream);
    if (chdb_result_error(piece) != NULL) fail(chdb_result_error(piece));
    const size_t length = chdb_result_length(piece);
    bytes += length;
    if (length > 0) sum += sum_words(chdb_result_buffer(piece), length);
    chdb_destroy_query_result(piece);
    if (length == 0) break;
  }
  chdb_destroy_query_result(stream);
  printf("{\"seconds\":%.6f,\"bytes\":%llu,\"sum\":\"%llu\"}\n", now() - start,
         (unsigned long long)bytes, (unsigned long long)sum);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: scan_libchdb DATA_FOLDER OVERLAY_CONFIG SQL RUNS\n");
    return 2;
  }
  char path[4096];
  char config[4096];
  snprintf(path, sizeof path, "--path=%s", argv[1]);
  snprintf(config, sizeof config, "--config-file=%s", argv[2]);
  char *arguments[] = {"scan_libchdb", path, config,
                       "--output_format_arrow_compression_method=none"};
  chdb_set_signal_handlers_enabled(0);
  chdb_connection *connection = chdb_connect(4, arguments);
  if (connection == NULL || *connection == NULL) fail("libchdb does not start");
  for (int run = 0; run < atoi(argv[4]); run += 1) run_once(*connection, argv[3]);
  chdb_close_conn(connection);
  return 0;
}
