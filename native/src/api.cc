// The C ABI: arguments are checked, exceptions become tf_status, and nothing else happens here.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>

#include "base/crc32.h"
#include "base/options.h"
#include "base/status.h"
#include "binlog/row_kernel.h"
#include "binlog/text_rows.h"
#include "engine.h"
#include "folder/overlay.h"
#include "query/answer.h"
#include "query/scan.h"
#include "query/statements.h"
#include "sandbox/sandbox.h"
#include "theflash.h"
#include "write/batch.h"
#include "write/insert_rows.h"

namespace theflash {
namespace {

// The number of a handle, which no other gets in the life of the process: so one that was closed is
// told from those that are open, where an address might be another's by now.
uintptr_t NextHandle() {
  static std::atomic<uintptr_t> last = 0;
  return ++last;
}

// Open handles of one kind. A call keeps its object alive even if another thread closes the handle
// meanwhile.
template <typename Handle, typename Object>
class Handles {
 public:
  // Never destroyed: a process may exit with handles open and calls under way.
  static Handles& Get() {
    static auto* const handles = new Handles();
    return *handles;
  }

  Handle* Add(std::shared_ptr<Object> object) {
    const std::lock_guard lock(mutex_);
    auto* handle = reinterpret_cast<Handle*>(NextHandle());
    open_.emplace(handle, std::move(object));
    return handle;
  }

  std::shared_ptr<Object> Find(Handle* handle) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(handle);
    if (found == open_.end()) throw Error(TF_INVALID, "the handle is NULL or was closed");
    return found->second;
  }

  // Takes the handle out and sets the caller's pointer to NULL; nothing where it is not open.
  std::shared_ptr<Object> Take(Handle** handle) {
    if (handle == nullptr || *handle == nullptr) return nullptr;
    const std::lock_guard lock(mutex_);
    auto node = open_.extract(std::exchange(*handle, nullptr));
    return node ? std::move(node.mapped()) : nullptr;
  }

 private:
  std::mutex mutex_;
  std::map<Handle*, std::shared_ptr<Object>> open_;
};

using Engines = Handles<tf_engine, Engine>;
using Scans = Handles<tf_scan, Scan>;
using Answers = Handles<tf_answer, Answer>;
using Batches = Handles<tf_batch, Batch>;

char* CopyText(std::string_view text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

tf_status Fail(tf_error* error, const Error& failure) {
  if (error != nullptr) {
    error->status = failure.status();
    error->engine_code = failure.engine_code();
    error->message = CopyText(failure.message());
    error->hint = failure.hint().empty() ? nullptr : CopyText(failure.hint());
  }
  return failure.status();
}

// The one place where exceptions become statuses.
template <typename Body>
tf_status Guard(tf_error* error, Body body) {
  if (error != nullptr) *error = {};
  try {
    return body();
  } catch (const Error& failure) {
    return Fail(error, failure);
  } catch (const std::bad_alloc&) {
    return Fail(error, Error(TF_MEMORY, "ch.so got no memory from the system"));
  } catch (const std::exception& failure) {
    return Fail(error, Error(TF_INTERNAL, std::string("a bug in ch.so: ") + failure.what()));
  } catch (...) {
    return Fail(error, Error(TF_INTERNAL, "a bug in ch.so: an unknown exception"));
  }
}

// Closing functions report nothing; what goes wrong in them is repaired by the next open.
template <typename Body>
void GuardClose(Body body) {
  Guard(nullptr, [&] {
    body();
    return TF_OK;
  });
}

std::string_view Text(const char* text, size_t length, const char* name) {
  if (text == nullptr && length != 0) {
    throw Error(TF_INVALID, std::string(name) + " is NULL");
  }
  return text == nullptr ? std::string_view() : std::string_view(text, length);
}

template <typename Pointer>
void NeedPointer(Pointer* pointer, const char* name) {
  if (pointer == nullptr) throw Error(TF_INVALID, std::string(name) + " is NULL");
}

}  // namespace
}  // namespace theflash

using theflash::Answers;
using theflash::Batches;
using theflash::Engines;
using theflash::Guard;
using theflash::GuardClose;
using theflash::NeedPointer;
using theflash::Scans;
using theflash::Text;

void tf_error_clear(tf_error* error) {
  if (error == nullptr) return;
  std::free(error->message);
  std::free(error->hint);
  *error = {};
}

int32_t tf_abi_version(void) { return TF_ABI_VERSION; }

const char* tf_build_info(void) { return theflash::BuildInfo(); }

const char* tf_sandbox_info(void) { return theflash::SandboxInfo(); }

tf_status tf_engine_open(const char* folder, size_t folder_len, const char* options,
                         size_t options_len, tf_engine** engine, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(engine, "engine");
    *engine = nullptr;
    const auto parsed = theflash::ParseOptions(Text(options, options_len, "options"));
    *engine =
        Engines::Get().Add(theflash::Engine::Open(Text(folder, folder_len, "folder"), parsed));
    return TF_OK;
  });
}

void tf_engine_close(tf_engine** engine) {
  GuardClose([&] {
    if (const auto closing = Engines::Get().Take(engine)) closing->Close();
  });
}

tf_status tf_execute(tf_engine* engine, const char* sql, size_t sql_len, tf_error* error) {
  return Guard(error, [&] {
    const auto open = Engines::Get().Find(engine);
    auto connection = open->pool().Take();
    theflash::ExecuteText(*open, *connection, Text(sql, sql_len, "sql"));
    return TF_OK;
  });
}

tf_status tf_scan_new(tf_engine* engine, tf_scan** scan, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(scan, "scan");
    *scan = nullptr;
    *scan = Scans::Get().Add(std::make_shared<theflash::Scan>(Engines::Get().Find(engine)));
    return TF_OK;
  });
}

tf_status tf_scan_role(tf_scan* scan, const char* role, size_t role_len, tf_error* error) {
  return Guard(error, [&] {
    Scans::Get().Find(scan)->SetRole(Text(role, role_len, "role"));
    return TF_OK;
  });
}

tf_status tf_scan_memory(tf_scan* scan, uint64_t bytes_max, tf_error* error) {
  return Guard(error, [&] {
    Scans::Get().Find(scan)->LimitMemory(bytes_max);
    return TF_OK;
  });
}

tf_status tf_scan_start(tf_scan* scan, const char* sql, size_t sql_len, tf_error* error) {
  return Guard(error, [&] {
    Scans::Get().Find(scan)->Start(Text(sql, sql_len, "sql"));
    return TF_OK;
  });
}

tf_status tf_scan_open(tf_engine* engine, const char* sql, size_t sql_len, tf_scan** scan,
                       tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(scan, "scan");
    *scan = nullptr;
    auto opened = std::make_shared<theflash::Scan>(Engines::Get().Find(engine));
    opened->Start(Text(sql, sql_len, "sql"));
    *scan = Scans::Get().Add(std::move(opened));
    return TF_OK;
  });
}

tf_status tf_scan_next(tf_scan* scan, const uint8_t** data, size_t* len, uint64_t* rows,
                       tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(data, "data");
    NeedPointer(len, "len");
    NeedPointer(rows, "rows");
    *data = nullptr;
    *len = 0;
    *rows = 0;
    const auto message = Scans::Get().Find(scan)->Next();
    if (!message) return TF_END;
    *data = message->bytes.data();
    *len = message->bytes.size();
    *rows = message->rows;
    return TF_OK;
  });
}

tf_status tf_scan_read(tf_scan* scan, uint8_t* buffer, size_t capacity, size_t* len, uint64_t* rows,
                       uint32_t* crc32, tf_error* error) {
  return Guard(error, [&] {
    if (capacity > 0) NeedPointer(buffer, "buffer");
    NeedPointer(len, "len");
    NeedPointer(rows, "rows");
    *len = 0;
    *rows = 0;
    const auto message = Scans::Get().Find(scan)->Read({buffer, capacity});
    if (!message) return TF_END;
    *len = message->bytes.size();
    *rows = message->rows;
    if (crc32 != nullptr && *len <= capacity) *crc32 = theflash::Crc32(buffer, *len);
    return TF_OK;
  });
}

void tf_scan_cancel(tf_scan* scan) {
  GuardClose([&] { Scans::Get().Find(scan)->Cancel(); });
}

void tf_scan_close(tf_scan** scan) {
  GuardClose([&] {
    if (const auto closing = Scans::Get().Take(scan)) closing->Close();
  });
}

tf_status tf_insert(tf_engine* engine, const char* database, size_t database_len, const char* table,
                    size_t table_len, const uint8_t* stream, size_t stream_len, uint64_t* rows,
                    tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(stream, "stream");
    NeedPointer(rows, "rows");
    *rows =
        theflash::InsertRows(*Engines::Get().Find(engine), Text(database, database_len, "database"),
                             Text(table, table_len, "table"), {stream, stream_len});
    return TF_OK;
  });
}

tf_status tf_answer_new(tf_engine* engine, tf_answer** answer, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(answer, "answer");
    *answer = nullptr;
    *answer = Answers::Get().Add(std::make_shared<theflash::Answer>(Engines::Get().Find(engine)));
    return TF_OK;
  });
}

tf_status tf_answer_set(tf_answer* answer, const char* name, size_t name_len, const char* value,
                        size_t value_len, tf_error* error) {
  return Guard(error, [&] {
    Answers::Get().Find(answer)->Set(Text(name, name_len, "name"), Text(value, value_len, "value"));
    return TF_OK;
  });
}

tf_status tf_answer_role(tf_answer* answer, const char* role, size_t role_len, tf_error* error) {
  return Guard(error, [&] {
    Answers::Get().Find(answer)->SetRole(Text(role, role_len, "role"));
    return TF_OK;
  });
}

tf_status tf_answer_memory(tf_answer* answer, uint64_t bytes_max, tf_error* error) {
  return Guard(error, [&] {
    Answers::Get().Find(answer)->LimitMemory(bytes_max);
    return TF_OK;
  });
}

tf_status tf_answer_start(tf_answer* answer, const uint8_t* sql, size_t sql_len,
                          const char* database, size_t database_len, const char* format,
                          size_t format_len, int32_t read_only, tf_error* error) {
  return Guard(error, [&] {
    Answers::Get().Find(answer)->Start(
        Text(reinterpret_cast<const char*>(sql), sql_len, "sql"),
        {std::string(Text(database, database_len, "database")),
         std::string(Text(format, format_len, "format")), read_only != 0});
    return TF_OK;
  });
}

tf_status tf_answer_read(tf_answer* answer, uint8_t* buffer, size_t capacity, size_t* len,
                         tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(buffer, "buffer");
    NeedPointer(len, "len");
    *len = Answers::Get().Find(answer)->Read({buffer, capacity});
    return *len == 0 ? TF_END : TF_OK;
  });
}

tf_status tf_answer_summary(tf_answer* answer, char** json, size_t* len, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(json, "json");
    NeedPointer(len, "len");
    const std::string text = Answers::Get().Find(answer)->Summary();
    *json = theflash::CopyText(text);
    if (*json == nullptr) throw std::bad_alloc();
    *len = text.size();
    return TF_OK;
  });
}

void tf_answer_cancel(tf_answer* answer) {
  GuardClose([&] { Answers::Get().Find(answer)->Cancel(); });
}

void tf_answer_close(tf_answer** answer) {
  GuardClose([&] {
    if (const auto closing = Answers::Get().Take(answer)) closing->Close();
  });
}

tf_status tf_batch_open(tf_engine* engine, tf_batch** batch, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(batch, "batch");
    *batch = nullptr;
    *batch = Batches::Get().Add(std::make_shared<theflash::Batch>(Engines::Get().Find(engine)));
    return TF_OK;
  });
}

tf_status tf_batch_reserve(tf_batch* batch, uint64_t count, uint64_t* first_version,
                           tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(first_version, "first_version");
    *first_version = Batches::Get().Find(batch)->Reserve(count);
    return TF_OK;
  });
}

tf_status tf_batch_append(tf_batch* batch, const char* database, size_t database_len,
                          const char* table, size_t table_len, const uint8_t* stream,
                          size_t stream_len, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(stream, "stream");
    Batches::Get().Find(batch)->Append(Text(database, database_len, "database"),
                                       Text(table, table_len, "table"), {stream, stream_len});
    return TF_OK;
  });
}

tf_status tf_batch_commit(tf_batch* batch, const char* source, size_t source_len,
                          const char* checkpoint, size_t checkpoint_len, tf_error* error) {
  return Guard(error, [&] {
    Batches::Get().Find(batch)->Commit(Text(source, source_len, "source"),
                                       Text(checkpoint, checkpoint_len, "checkpoint"));
    return TF_OK;
  });
}

void tf_batch_close(tf_batch** batch) {
  GuardClose([&] {
    if (const auto closing = Batches::Get().Take(batch)) closing->Close();
  });
}

tf_status tf_checkpoint_get(tf_engine* engine, const char* source, size_t source_len,
                            char** checkpoint, size_t* checkpoint_len, tf_error* error) {
  return Guard(error, [&] {
    NeedPointer(checkpoint, "checkpoint");
    NeedPointer(checkpoint_len, "checkpoint_len");
    *checkpoint = nullptr;
    *checkpoint_len = 0;
    const auto found =
        Engines::Get().Find(engine)->ReadCheckpoint(Text(source, source_len, "source"));
    if (!found) return TF_OK;
    *checkpoint = theflash::CopyText(*found);
    if (*checkpoint == nullptr) throw std::bad_alloc();
    *checkpoint_len = found->size();
    return TF_OK;
  });
}

void tf_free(void* pointer) { std::free(pointer); }

uint32_t tf_crc32(const uint8_t* bytes, size_t len) { return theflash::Crc32(bytes, len); }

int32_t tf_rows_append(double* shared, const uint8_t* rows, size_t rows_len, int32_t change) {
  using theflash::binlog::Change;
  using theflash::binlog::Outcome;
  try {
    return static_cast<int32_t>(
        theflash::binlog::AppendRows(reinterpret_cast<theflash::binlog::Shared*>(shared), rows,
                                     rows_len, static_cast<Change>(change)));
  } catch (...) {
    return static_cast<int32_t>(Outcome::kLeftToReference);
  }
}

int32_t tf_text_rows_append(double* shared, const uint8_t* packets, size_t packets_len,
                            int32_t sequence) {
  using theflash::binlog::Outcome;
  try {
    return static_cast<int32_t>(
        theflash::binlog::AppendTextRows(reinterpret_cast<theflash::binlog::Shared*>(shared),
                                         packets, packets_len, static_cast<uint8_t>(sequence)));
  } catch (...) {
    return static_cast<int32_t>(Outcome::kLeftToReference);
  }
}
