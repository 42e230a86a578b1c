#include "query/scan.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "query/plan_read.h"
#include "query/statements.h"

namespace theflash {
namespace {

// ClickHouse's answer (BAD_ARGUMENTS) to chdb_stream_query for what is no SELECT: SHOW, EXPLAIN ...
constexpr std::string_view kNotStreamable = "Streaming query is not supported";

// Bytes of a statement that an error quotes.
constexpr size_t kQuotedMax = 80;

Error CancelledError() { return Error(TF_CANCELLED, "the scan was cancelled"); }

// Rows of any but the last would be lost.
void RefuseRows(std::string_view statement) {
  if (!sql::IsRead(statement)) return;
  throw Error(TF_INVALID,
              "of several statements, the last alone may give rows: " +
                  std::string(statement.substr(0, kQuotedMax)),
              "Run them one by one.");
}

}  // namespace

Scan::Scan(std::shared_ptr<Engine> engine)
    : engine_(std::move(engine)), connection_(engine_->pool().Take()) {}

Scan::~Scan() { Close(); }

void Scan::Open(std::string_view sql) {
  const auto parts = SplitStatements(sql);
  if (parts.size() == 1) {
    const auto statements = RewriteStatement(*engine_, *connection_, parts[0]);
    if (statements.size() == 1 && statements[0].effect == sql::Effect::kRead) {
      try {
        Plan(statements[0].sql);
        return;
      } catch (const Error& error) {
        if (error.message().find(kNotStreamable) == std::string::npos) throw;
      }
    }
  }
  text_ = sql;
}

void Scan::Plan(const std::string& sql) {
  PlanRead(*engine_, *connection_, sql, "default", cancelled_,
           {[&](const std::string& text) { stream_ = connection_->OpenStream(text); }, [] {},
            [&] {
              if (stream_) connection_->CloseStream(std::exchange(stream_, Result()));
            }});
}

void Scan::RunText() {
  const std::string text = std::exchange(text_, {});
  const auto parts = SplitStatements(text);
  for (size_t index = 0; index + 1 < parts.size(); ++index) RefuseRows(parts[index]);
  const auto run = [&](std::string_view part, std::string_view format) {
    for (const auto& statement : RewriteStatement(*engine_, *connection_, part)) {
      if (cancelled_) throw CancelledError();
      piece_ = RunStatement(*engine_, *connection_, statement, format, &cancelled_);
    }
  };
  for (size_t index = 0; index + 1 < parts.size(); ++index) run(parts[index], "Null");
  if (parts.size() > 1) {
    // The rows of the last one stream, as if it stood alone.
    piece_ = Result();
    Open(parts.back());
    text_.clear();
    if (stream_) return;
  }
  if (!parts.empty()) run(parts.back(), "ArrowStream");
  if (piece_) reader_.emplace(piece_.bytes());
}

// A step that fails ends the scan; what a cancelled one fails with is no error of its own.
template <typename Step>
auto Scan::UnlessCancelled(Step step) {
  if (cancelled_) throw CancelledError();
  try {
    auto result = step();
    if (cancelled_) throw CancelledError();
    return result;
  } catch (const Error& error) {
    ended_ = true;
    Release();
    if (cancelled_ || engine_->closing()) throw CancelledError();
    throw;
  }
}

void Scan::SetRole(std::string_view role) {
  const std::lock_guard lock(mutex_);
  if (started_) throw Error(TF_INVALID, "the scan has been started before");
  engine_->EnterRole(*connection_, role);
}

void Scan::LimitMemory(uint64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (started_) throw Error(TF_INVALID, "the scan has been started before");
  connection_->LimitMemory(bytes_max);
}

void Scan::Start(std::string_view sql) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(started_, true)) throw Error(TF_INVALID, "the scan has been started before");
  UnlessCancelled([&] {
    Open(sql);
    return true;
  });
}

std::optional<ArrowMessage> Scan::Next() {
  const std::lock_guard lock(mutex_);
  return Pull();
}

std::optional<ArrowMessage> Scan::Read(std::span<uint8_t> buffer) {
  const std::lock_guard lock(mutex_);
  const auto message = Pull();
  if (!message) return std::nullopt;
  if (message->bytes.size() <= buffer.size()) {
    std::memcpy(buffer.data(), message->bytes.data(), message->bytes.size());
  } else {
    kept_ = message;
  }
  return message;
}

std::optional<ArrowMessage> Scan::Pull() {
  if (!started_) throw Error(TF_INVALID, "the scan has not been started");
  if (cancelled_) throw CancelledError();
  if (ended_) return std::nullopt;
  if (kept_) return std::exchange(kept_, std::nullopt);
  auto message = UnlessCancelled([&] {
    if (!text_.empty()) RunText();
    return NextMessage();
  });
  if (!message) {
    ended_ = true;
    Release();
  }
  return message;
}

// Each piece of the engine's stream is a whole IPC stream: its schema is given once, its
// end-of-stream markers never.
std::optional<ArrowMessage> Scan::NextMessage() {
  while (true) {
    if (reader_) {
      while (auto message = reader_->Next()) {
        if (message->compressed) {
          throw Error(TF_INVALID, "the query asks for compressed Arrow, which a scan does not give",
                      "Leave output_format_arrow_compression_method out of SETTINGS.");
        }
        if (message->header != ArrowHeader::kSchema || IsFirstSchema(*message)) return message;
      }
      reader_.reset();
    }
    if (!TakePiece()) break;
  }
  if (!schema_.empty()) return std::nullopt;
  // A statement without a result.
  ArrowMessage empty = *ArrowReader(EmptySchemaMessage()).Next();
  IsFirstSchema(empty);
  return empty;
}

bool Scan::TakePiece() {
  piece_ = Result();
  if (!stream_) return false;
  piece_ = connection_->Fetch(stream_);
  if (piece_.bytes().empty()) return false;
  reader_.emplace(piece_.bytes());
  return true;
}

bool Scan::IsFirstSchema(const ArrowMessage& message) {
  if (schema_.empty()) {
    schema_.assign(message.bytes.begin(), message.bytes.end());
    return true;
  }
  if (!std::equal(schema_.begin(), schema_.end(), message.bytes.begin(), message.bytes.end())) {
    throw Error(TF_INTERNAL, "the engine changed the result's schema in mid-stream");
  }
  return false;
}

void Scan::Cancel() {
  cancelled_ = true;
  // What waits for a lock runs nothing yet that could be killed.
  engine_->write_gate().Wake();
  engine_->visibility().Wake();
  const std::lock_guard lock(release_mutex_);
  if (!released_) engine_->canceller().Start(connection_->tag());
}

void Scan::Close() {
  if (!ended_) Cancel();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  Release();
}

void Scan::Release() {
  {
    const std::lock_guard lock(release_mutex_);
    if (std::exchange(released_, true)) return;
  }
  if (stream_) connection_->CloseStream(std::exchange(stream_, Result()));
  engine_->canceller().Stop(connection_->tag());
  connection_->Reset();
  connection_.Return();
}

}  // namespace theflash
