#include "session/connection.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "base/status.h"
#include "sandbox/sandbox.h"

namespace theflash {
namespace {

// One append copies its bytes into the engine's queue: pieces keep that queue small.
constexpr size_t kInsertPieceBytes = 4U << 20U;

constexpr std::string_view kArrowStream = "ArrowStream";

class InsertStream {
 public:
  explicit InsertStream(chdb_insert_stream stream) : stream_(stream) {}
  ~InsertStream() { chdb_destroy_insert_stream(stream_); }
  InsertStream(const InsertStream&) = delete;
  InsertStream& operator=(const InsertStream&) = delete;
  chdb_insert_stream get() const { return stream_; }
  // The engine's error text, empty where there is none.
  std::string error() const {
    const char* error = chdb_stream_insert_error(stream_);
    return error == nullptr ? "" : error;
  }

 private:
  chdb_insert_stream stream_;
};

std::vector<std::string> SplitFields(std::string_view line) {
  std::vector<std::string> fields;
  size_t from = 0;
  while (true) {
    const size_t tab = line.find('\t', from);
    fields.emplace_back(line.substr(from, tab - from));
    if (tab == std::string_view::npos) return fields;
    from = tab + 1;
  }
}

// Undoes the escapes of ClickHouse's TabSeparated format.
std::string Unescape(std::string_view field) {
  std::string plain;
  plain.reserve(field.size());
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      plain += field[i];
      continue;
    }
    const char escaped = field[++i];
    constexpr std::string_view kLetters = "bfnrt0";
    constexpr std::string_view kMeanings("\b\f\n\r\t\0", 6);
    const size_t at = kLetters.find(escaped);
    plain += at == std::string_view::npos ? escaped : kMeanings[at];
  }
  return plain;
}

}  // namespace

std::span<const uint8_t> Result::bytes() const {
  const std::string_view view = text();
  return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
}

std::string_view Result::text() const {
  const size_t length = chdb_result_length(result_.get());
  return length == 0 ? std::string_view() : std::string_view(chdb_result_buffer(get()), length);
}

std::string_view Result::error() const {
  const char* error = chdb_result_error(result_.get());
  return error == nullptr ? std::string_view() : std::string_view(error);
}

Connection::Connection(const std::vector<std::string>& arguments, std::string tag)
    : arguments_(arguments), tag_(std::move(tag)), worker_(std::make_unique<Worker>()) {
  arguments_.insert(arguments_.begin(), "theflash");
  arguments_.push_back("--" + std::string(kTagSetting) + "=" + tag_);
  // Before the thread's first call of libchdb: what ClickHouse starts from it is born in there,
  // too.
  worker_->Run([&] {
    EnterSandbox();
    handle_ = Connect();
  });
}

// The smaller one of two bounds of memory counts.
std::vector<std::string> Connection::Arguments() const {
  std::vector<std::string> arguments = arguments_;
  if (memory_bytes_max_ == 0) return arguments;
  uint64_t bytes_max = memory_bytes_max_;
  std::erase_if(arguments, [&](const std::string& word) {
    if (!word.starts_with(kMemoryArgument)) return false;
    bytes_max = std::min<uint64_t>(bytes_max, std::stoull(word.substr(kMemoryArgument.size())));
    return true;
  });
  arguments.push_back(std::string(kMemoryArgument) + std::to_string(bytes_max));
  return arguments;
}

chdb_connection* Connection::Connect() {
  std::vector<std::string> arguments = Arguments();
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  chdb_connection* handle = chdb_connect(static_cast<int>(argv.size()), argv.data());
  if (handle == nullptr || *handle == nullptr) {
    throw Error(TF_ENGINE, "the engine does not start; its own message is on stderr");
  }
  return handle;
}

Connection::~Connection() { Close(); }

template <typename Call>
auto Connection::Run(Call call) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) throw Error(TF_CANCELLED, "the engine was closed");
  return worker_->Run([&] {
    if (is_spoilt_) Replace();
    return call(*handle_);
  });
}

// On the worker's thread.
void Connection::EnterRole(chdb_connection connection) const {
  if (role_.empty()) return;
  const std::string sql = "SET ROLE `" + role_ + "`";
  const Result result(chdb_query_n(connection, sql.data(), sql.size(), "Null", 4));
  if (!result.error().empty()) throw EngineError(std::string(result.error()));
}

// On the worker's thread. The new one first: with the last connection the engine would close.
void Connection::Replace() {
  FailPoint("replace-connection");
  chdb_connection* const fresh = Connect();
  try {
    EnterRole(*fresh);
  } catch (const Error&) {
    chdb_close_conn(fresh);
    throw;
  }
  chdb_close_conn(std::exchange(handle_, fresh));
  is_spoilt_ = false;
  is_changed_ = !role_.empty() || memory_bytes_max_ != 0;
}

// Under the lock. Where it can't be replaced now, the next call tries again, and throws what stands
// in the way: this is the caller's cleaning up, which may have an error of its own to tell.
void Connection::ReplaceSoon() {
  is_spoilt_ = true;
  if (handle_ == nullptr) return;
  worker_->Run([this] {
    try {
      Replace();
    } catch (const Error&) {
    }
  });
}

void Connection::Fail(const std::string& error) {
  {
    const std::lock_guard lock(mutex_);
    ReplaceSoon();
  }
  throw EngineError(error);
}

Result Connection::Query(std::string_view sql, std::string_view format) {
  Result result = Run([&](chdb_connection c) {
    return Result(chdb_query_n(c, sql.data(), sql.size(), format.data(), format.size()));
  });
  if (!result.error().empty()) Fail(std::string(result.error()));
  return result;
}

std::vector<std::vector<std::string>> Connection::Rows(std::string_view sql) {
  const Result result = Query(sql, "TabSeparated");
  std::vector<std::vector<std::string>> rows;
  std::string_view text = result.text();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::vector<std::string> fields = SplitFields(text.substr(0, end));
    for (std::string& field : fields) field = Unescape(field);
    rows.push_back(std::move(fields));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return rows;
}

Result Connection::OpenStream(std::string_view sql) {
  Result stream = Run([&](chdb_connection c) {
    return Result(
        chdb_stream_query_n(c, sql.data(), sql.size(), kArrowStream.data(), kArrowStream.size()));
  });
  if (!stream.error().empty()) {
    const std::string error(stream.error());
    stream = Result();
    Fail(error);
  }
  is_stream_drained_ = false;
  return stream;
}

// After a failure the connection is replaced by CloseStream, which must come.
Result Connection::Fetch(const Result& stream) {
  Result piece = ahead_.valid() ? ahead_.get() : Run([&](chdb_connection c) {
    return Result(chdb_stream_fetch_result(c, stream.get()));
  });
  Note(piece);
  if (is_spoilt_) throw EngineError(piece.error());
  if (!is_stream_drained_) FetchAhead(stream);
  return piece;
}

void Connection::FetchAhead(const Result& stream) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) throw Error(TF_CANCELLED, "the engine was closed");
  ahead_ = worker_->Start([connection = *handle_, stream = stream.get()] {
    return Result(chdb_stream_fetch_result(connection, stream));
  });
}

void Connection::Note(const Result& piece) {
  is_spoilt_ = !piece.error().empty();
  is_stream_drained_ = piece.text().empty();
}

void Connection::CloseStream(Result stream) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) return;
  if (ahead_.valid()) Note(ahead_.get());
  worker_->Run([&] {
    if (!is_spoilt_ && !is_stream_drained_) chdb_stream_cancel_query(*handle_, stream.get());
    stream = Result();
  });
  if (is_spoilt_ || !is_stream_drained_) ReplaceSoon();
}

std::future<Result> Connection::Start(std::string sql, std::string format,
                                      std::function<void()> done) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) throw Error(TF_CANCELLED, "the engine was closed");
  if (is_spoilt_) worker_->Run([this] { Replace(); });
  return worker_->Start([connection = *handle_, sql = std::move(sql), format = std::move(format),
                         done = std::move(done)] {
    Result result(chdb_query_n(connection, sql.data(), sql.size(), format.data(), format.size()));
    done();
    return result;
  });
}

Result Connection::Finish(std::future<Result> query) {
  Result result = query.get();
  if (!result.error().empty()) Fail(std::string(result.error()));
  return result;
}

void Connection::SetRole(std::string role) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) throw Error(TF_CANCELLED, "the engine was closed");
  role_ = std::move(role);
  is_changed_ = true;
  worker_->Run([this] {
    try {
      EnterRole(*handle_);
    } catch (const Error&) {
      // Nothing is to run with more rights than it has: not before a replacement is in the role.
      is_spoilt_ = true;
      throw;
    }
  });
}

void Connection::LimitMemory(uint64_t bytes_max) {
  if (bytes_max == 0) return;
  {
    const std::lock_guard lock(mutex_);
    memory_bytes_max_ = bytes_max;
    is_changed_ = true;
    is_spoilt_ = true;
  }
  // Nothing runs on it before it is replaced.
  Run([](chdb_connection) { return true; });
}

void Connection::Change(std::string_view sql) {
  is_changed_ = true;
  Execute(sql);
}

void Connection::Undo() {
  const std::lock_guard lock(mutex_);
  if (handle_ != nullptr && is_changed_) is_spoilt_ = true;
}

void Connection::Reset() {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr || !is_changed_) return;
  role_.clear();
  memory_bytes_max_ = 0;
  ReplaceSoon();
}

Result Connection::Insert(std::string_view insert_sql, std::string_view format,
                          std::initializer_list<std::span<const uint8_t>> data) {
  Result done;
  const std::string error = Run([&](chdb_connection c) -> std::string {
    const InsertStream insert(chdb_stream_insert_n(c, insert_sql.data(), insert_sql.size(),
                                                   format.data(), format.size()));
    if (!insert.error().empty()) return insert.error();
    bool refused = false;
    for (std::span<const uint8_t> rest : data) {
      while (!rest.empty() && !refused) {
        const auto piece = rest.first(std::min(rest.size(), kInsertPieceBytes));
        refused = chdb_stream_append(insert.get(), piece.data(), piece.size()) != CHDBSuccess;
        rest = rest.subspan(piece.size());
      }
    }
    // A refused piece means that the insert has failed: this says why.
    done = Result(chdb_stream_done(insert.get()));
    if (!done.error().empty()) return std::string(done.error());
    return refused ? "the engine refused rows without a reason" : insert.error();
  });
  if (!error.empty()) {
    done = Result();
    Fail(error);
  }
  return done;
}

void Connection::Close() {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) return;
  worker_->Run([this] { chdb_close_conn(std::exchange(handle_, nullptr)); });
  worker_.reset();
}

}  // namespace theflash
