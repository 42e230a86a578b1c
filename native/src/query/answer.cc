#include "query/answer.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/status.h"
#include "query/plan_read.h"
#include "query/statements.h"
#include "sql/quote.h"
#include "sql/token.h"

namespace theflash {
namespace {

// Codes of ClickHouse, src/Common/ErrorCodes.cpp.
constexpr int kSyntaxError = 62;
constexpr int kUnknownFormat = 73;
constexpr int kReadOnly = 164;
constexpr int kSettingConstraint = 452;

// Beginnings of settings that are about how the data of an INSERT is read, or allow what a table
// may be made of, and nothing else: ch.so's own statements beside a write do not feel them.
constexpr std::string_view kHarmlessSettings[] = {
    "input_format_",          "format_csv_",      "format_tsv_", "format_custom_",
    "date_time_input_format", "cast_string_to_",  "bool_",       "precise_float_parsing",
    "allow_experimental_",    "allow_suspicious_"};

// Others of no harm: the same by other names, how fast a table is read, and how long a mutation or
// an ALTER is waited for, which ch.so's own statements beside a write have none of.
constexpr std::string_view kHarmlessNames[] = {"enable_dynamic_type",
                                               "enable_json_type",
                                               "enable_qbit_type",
                                               "enable_variant_type",
                                               "enable_time_time64_type",
                                               "use_skip_indexes",
                                               "alter_sync",
                                               "mutations_sync",
                                               "lightweight_deletes_sync",
                                               "allow_nondeterministic_mutations"};

Error CancelledError() { return Error(TF_CANCELLED, "the statement was cancelled"); }

void CheckFormat(std::string_view format) {
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  if (!format.empty() && std::all_of(format.begin(), format.end(), is_letter)) return;
  throw Error(TF_INVALID, "Unknown format " + std::string(format.substr(0, 40)),
              "SELECT name FROM system.formats WHERE is_output lists them.", kUnknownFormat);
}

void RefuseChange(const sql::Statement& statement) {
  if (statement.effect == sql::Effect::kRead) return;
  if (statement.effect == sql::Effect::kOther && sql::IsRead(statement.sql)) return;
  throw Error(TF_DENIED, "Cannot execute query in readonly mode",
              "A statement that changes something comes by POST.", kReadOnly);
}

bool IsHarmlessToWrites(std::string_view name) {
  return std::any_of(std::begin(kHarmlessSettings), std::end(kHarmlessSettings),
                     [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::count(std::begin(kHarmlessNames), std::end(kHarmlessNames), name) > 0;
}

// SHOW, EXPLAIN and the like give few rows, and have no place for INTO OUTFILE before their
// SETTINGS.
bool IsSelect(const sql::Statement& statement) {
  // The data of an INSERT is no SQL to be cut into tokens.
  if (statement.effect != sql::Effect::kRead) return false;
  const sql::Tokens tokens(statement.sql);
  return tokens.IsSymbol(0, "(") || tokens.IsWord(0, "SELECT") || tokens.IsWord(0, "WITH") ||
         tokens.IsWord(0, "FROM");
}

// Whether system.columns may be asked, as such or through information_schema.
bool NamesColumns(std::string_view statement) {
  const sql::Tokens tokens(statement);
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index)) continue;
    const std::string name = tokens.Name(index);
    if (sql::EqualsIgnoringCase(name, "columns") ||
        sql::EqualsIgnoringCase(name, "key_column_usage")) {
      return true;
    }
  }
  return false;
}

}  // namespace

Answer::Answer(std::shared_ptr<Engine> engine)
    : engine_(std::move(engine)), connection_(engine_->pool().Take()) {
  stop_id_ = engine_->StopOnClose([this] { BreakPipe(); });
}

Answer::~Answer() { Close(); }

void Answer::Set(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (started_) throw Error(TF_INVALID, "the answer has been started before");
  settings_.emplace_back(name, value);
}

void Answer::SetRole(std::string_view role) {
  const std::lock_guard lock(mutex_);
  if (started_) throw Error(TF_INVALID, "the answer has been started before");
  engine_->EnterRole(*connection_, role);
}

void Answer::LimitMemory(uint64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (started_) throw Error(TF_INVALID, "the answer has been started before");
  connection_->LimitMemory(bytes_max);
}

// A step that fails ends the answer; what a cancelled one fails with is no error of its own.
template <typename Step>
auto Answer::UnlessCancelled(Step step) {
  if (cancelled_) throw CancelledError();
  try {
    auto result = step();
    if (cancelled_ || engine_->closing()) throw CancelledError();
    return result;
  } catch (const Error& error) {
    ended_ = true;
    Release();
    if (cancelled_ || engine_->closing()) throw CancelledError();
    throw;
  }
}

void Answer::Start(std::string_view sql, AnswerRequest request) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(started_, true)) {
    throw Error(TF_INVALID, "the answer has been started before");
  }
  request_ = std::move(request);
  if (request_.database.empty()) request_.database = "default";
  UnlessCancelled([&] {
    Run(sql);
    return true;
  });
}

void Answer::Run(std::string_view sql) {
  const Statements statements = ReadText(sql);
  if (!statements.back().format.empty()) request_.format = statements.back().format;
  CheckFormat(request_.format);
  if (request_.read_only) {
    for (const sql::Statement& statement : statements) RefuseChange(statement);
  }
  const bool shows_columns = statements.back().effect == sql::Effect::kRead && NamesColumns(sql);
  Apply(statements, shows_columns);
  if (statements.size() == 1 && IsSelect(statements[0])) {
    Plan(statements, shows_columns);
    return;
  }
  for (const sql::Statement& statement : statements) {
    if (cancelled_) throw CancelledError();
    result_ = RunStatement(*engine_, *connection_, statement, request_.format, &cancelled_);
  }
}

Answer::Statements Answer::ReadText(std::string_view sql) {
  const auto parts = SplitStatements(sql);
  if (parts.size() != 1) {
    throw Error(TF_INVALID, parts.empty() ? "Empty query" : "Multi-statements are not allowed",
                "Send one statement a request.", kSyntaxError);
  }
  return RewriteStatement(*engine_, *connection_, parts[0], {request_.database, true});
}

// After the statement was read: what is set here would reach the questions that the SQL layer asks.
void Answer::Apply(const Statements& statements, bool shows_columns) {
  std::string assignments;
  for (const auto& [name, value] : settings_) {
    assignments += (assignments.empty() ? " " : ", ") + QuoteName(name) + " = " + QuoteText(value);
  }
  const bool writes =
      std::any_of(statements.begin(), statements.end(),
                  [](const sql::Statement& each) { return each.effect != sql::Effect::kRead; });
  for (const auto& [name, value] : settings_) {
    if (!writes || IsHarmlessToWrites(name) || IsHeld(name, value)) continue;
    throw Error(TF_INVALID, "The setting " + name + " can't come beside a statement that writes",
                "Put it into the statement's own SETTINGS clause.", kSettingConstraint);
  }
  if (!settings_.empty()) {
    // The SQL layer refuses what a statement may not set itself.
    try {
      RewriteStatement(*engine_, *connection_, "SELECT 1 SETTINGS" + assignments);
    } catch (const Error& error) {
      const int code = error.engine_code() == 0 ? kSettingConstraint : error.engine_code();
      throw Error(error.status(), error.message(), error.hint(), code);
    }
  }
  if (request_.database != "default") connection_->Change("USE " + QuoteName(request_.database));
  if (!settings_.empty()) connection_->Change("SET" + assignments);
  if (shows_columns) {
    connection_->Change("SET " + std::string(sql::kVersionSetting) + " = " +
                        QuoteText(sql::kShownColumns));
  }
}

// Whether a setting has the value already: clients send many with each request that change nothing.
bool Answer::IsHeld(std::string_view name, std::string_view value) {
  return !connection_
              ->Rows("SELECT 1 FROM system.settings WHERE name = " + QuoteText(name) +
                     " AND value = " + QuoteText(value))
              .empty();
}

void Answer::Plan(const Statements& statements, bool shows_columns) {
  bool is_applied = true;
  const Planning planning{.plan =
                              [&](const std::string& sql) {
                                if (!std::exchange(is_applied, true))
                                  Apply(statements, shows_columns);
                                OpenPipe(sql);
                              },
                          .check =
                              [&] {
                                if (pipe_->IsDone()) Finish();
                              },
                          .abandon =
                              [&] {
                                Abandon();
                                connection_->Undo();
                                is_applied = false;
                              }};
  PlanRead(*engine_, *connection_, statements[0].sql, request_.database, cancelled_, planning);
  if (cancelled_ || engine_->closing()) BreakPipe();
}

void Answer::OpenPipe(const std::string& query) {
  const auto pipe = std::make_shared<Pipe>(engine_->NewPipePath());
  {
    const std::lock_guard lock(pipe_mutex_);
    pipe_ = pipe;
  }
  // On a line of its own: the text may end with a comment.
  const std::string sql =
      query + "\nINTO OUTFILE " + QuoteText(pipe->path()) + " APPEND FORMAT " + request_.format;
  query_ = connection_->Start(sql, request_.format, [pipe] { pipe->Done(); });
  pipe->WaitForWriter();
}

size_t Answer::Read(std::span<uint8_t> buffer) {
  const std::lock_guard lock(mutex_);
  if (!started_) throw Error(TF_INVALID, "the answer has not been started");
  if (cancelled_) throw CancelledError();
  const size_t count = ended_ ? 0 : UnlessCancelled([&] { return Take(buffer); });
  if (count == 0) {
    ended_ = true;
    Release();
  }
  return count;
}

size_t Answer::Take(std::span<uint8_t> buffer) {
  if (pipe_) {
    if (const size_t count = pipe_->Read(buffer); count > 0) return count;
    if (query_.valid()) Finish();
  }
  if (!result_) return 0;
  // Of what does not write into the pipe.
  const auto bytes = result_.bytes().subspan(given_);
  const size_t count = std::min(bytes.size(), buffer.size());
  if (count > 0) std::memcpy(buffer.data(), bytes.data(), count);
  given_ += count;
  return count;
}

void Answer::Finish() { result_ = connection_->Finish(std::move(query_)); }

void Answer::Abandon() {
  if (!query_.valid()) return;
  BreakPipe();
  try {
    Finish();
  } catch (const Error&) {
    // It was cancelled, or the engine closed; who reads is told so.
  }
}

std::string Answer::Summary() {
  const std::lock_guard lock(mutex_);
  const auto figure = [&](uint64_t (*of)(chdb_result*)) {
    return std::to_string(result_ ? of(result_.get()) : 0);
  };
  return "{\"format\":\"" + request_.format +
         "\",\"read_rows\":" + figure(chdb_result_storage_rows_read) +
         ",\"read_bytes\":" + figure(chdb_result_storage_bytes_read) +
         ",\"written_rows\":" + figure(chdb_result_rows_written) +
         ",\"written_bytes\":" + figure(chdb_result_bytes_written) + "}";
}

void Answer::BreakPipe() {
  std::shared_ptr<Pipe> pipe;
  {
    const std::lock_guard lock(pipe_mutex_);
    pipe = pipe_;
  }
  if (pipe) pipe->Break();
}

void Answer::Cancel() {
  cancelled_ = true;
  // What waits for a lock runs nothing yet that could be killed.
  engine_->write_gate().Wake();
  engine_->visibility().Wake();
  {
    const std::lock_guard lock(release_mutex_);
    if (!released_) engine_->canceller().Start(connection_->tag());
  }
  BreakPipe();
}

void Answer::Close() {
  if (!ended_) Cancel();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  Release();
}

void Answer::Release() {
  {
    const std::lock_guard lock(release_mutex_);
    if (std::exchange(released_, true)) return;
  }
  engine_->Forget(stop_id_);
  Abandon();
  engine_->canceller().Stop(connection_->tag());
  connection_->Reset();
  connection_.Return();
}

}  // namespace theflash
