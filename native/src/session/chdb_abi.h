// The part of libchdb's C ABI that ch.so uses. The npm package ships no header; these declarations
// follow chdb-core programs/local/chdb.h of version 26.7. Every struct is opaque, so that only
// accessor functions cross the boundary.
#ifndef THEFLASH_SESSION_CHDB_ABI_H_
#define THEFLASH_SESSION_CHDB_ABI_H_

#include <cstddef>
#include <cstdint>

extern "C" {

// chdb_connect gives a pointer to the handle: dereferenced for every call but chdb_close_conn.
typedef struct chdb_connection_* chdb_connection;
typedef struct chdb_result_ chdb_result;
typedef struct chdb_insert_stream_* chdb_insert_stream;
typedef enum chdb_state { CHDBSuccess = 0, CHDBError = 1 } chdb_state;

const char* chdb_version(void);
// Must come before the first connect: else libchdb keeps SIGSEGV, which V8 needs, to itself.
void chdb_set_signal_handlers_enabled(int enabled);

chdb_connection* chdb_connect(int argc, char** argv);
void chdb_close_conn(chdb_connection* connection);

chdb_result* chdb_query_n(chdb_connection connection, const char* sql, size_t sql_len,
                          const char* format, size_t format_len);
chdb_result* chdb_stream_query_n(chdb_connection connection, const char* sql, size_t sql_len,
                                 const char* format, size_t format_len);
chdb_result* chdb_stream_fetch_result(chdb_connection connection, chdb_result* stream);
void chdb_stream_cancel_query(chdb_connection connection, chdb_result* stream);
void chdb_destroy_query_result(chdb_result* result);

const char* chdb_result_buffer(chdb_result* result);
size_t chdb_result_length(chdb_result* result);
uint64_t chdb_result_rows_written(chdb_result* result);
uint64_t chdb_result_bytes_written(chdb_result* result);
uint64_t chdb_result_storage_rows_read(chdb_result* result);
uint64_t chdb_result_storage_bytes_read(chdb_result* result);
const char* chdb_result_error(chdb_result* result);

// The query is "INSERT INTO t (columns)" without FORMAT. Never NULL; see chdb_stream_insert_error.
chdb_insert_stream chdb_stream_insert_n(chdb_connection connection, const char* sql, size_t sql_len,
                                        const char* format, size_t format_len);
const char* chdb_stream_insert_error(chdb_insert_stream stream);
chdb_state chdb_stream_append(chdb_insert_stream stream, const void* data, size_t len);
chdb_result* chdb_stream_done(chdb_insert_stream stream);
void chdb_stream_cancel_insert(chdb_insert_stream stream);
void chdb_destroy_insert_stream(chdb_insert_stream stream);
}

#endif  // THEFLASH_SESSION_CHDB_ABI_H_
