#include "write/batch.h"

#include "base/failpoint.h"
#include "base/status.h"
#include "sql/quote.h"
#include "sql/rewrite.h"
#include "write/commit.h"

namespace theflash {

Batch::Batch(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {
  engine_->write_gate().Enter();
  try {
    engine_->PrepareWrite();
    id_ = engine_->versions().Reserve(1);
  } catch (...) {
    engine_->LeaveWrite();
    throw;
  }
}

Batch::~Batch() { Close(); }

void Batch::RequireOpen() const {
  if (engine_->closing()) throw Error(TF_CANCELLED, "the engine was closed");
  switch (state_) {
    case State::kOpen:
      return;
    case State::kFailed:
      throw Error(TF_INVALID, "the batch has failed before: it can only be closed");
    case State::kCommitted:
    case State::kClosed:
      throw Error(TF_INVALID, "the batch is over: it can only be closed");
  }
}

// Waits for appends under way. A step that fails ends the batch.
template <typename Step>
void Batch::RunAlone(Step step) {
  std::unique_lock lock(mutex_);
  append_ended_.wait(lock, [this] { return appending_ == 0; });
  RequireOpen();
  try {
    step();
  } catch (...) {
    state_ = State::kFailed;
    throw;
  }
}

uint64_t Batch::Reserve(uint64_t count) {
  uint64_t first = 0;
  RunAlone([&] { first = engine_->versions().Reserve(count); });
  return first;
}

void Batch::Append(std::string_view database, std::string_view table,
                   std::span<const uint8_t> arrow_stream) {
  Target& target = BeginAppend(database, table);
  try {
    const std::lock_guard in_order(target.mutex);
    const Lease connection = engine_->writers().Take();
    if (!target.table) {
      target.table.emplace(*connection, engine_->staged_shapes(), target.staged);
    }
    target.table->Append(*connection, arrow_stream, direct_budget_);
    FailPoint("after-append");
  } catch (...) {
    EndAppend(true);
    throw;
  }
  EndAppend(false);
}

Batch::Target& Batch::BeginAppend(std::string_view database, std::string_view table) {
  const std::lock_guard lock(mutex_);
  RequireOpen();
  ++appending_;
  std::pair<std::string, std::string> key(database, table);
  std::unique_ptr<Target>& target = targets_[key];
  if (!target) {
    target = std::make_unique<Target>();
    const std::string name = std::to_string(id_) + "_" + std::to_string(targets_.size());
    target->staged = {name, key.first, key.second};
  }
  return *target;
}

void Batch::EndAppend(bool failed) {
  const std::lock_guard lock(mutex_);
  if (failed) state_ = State::kFailed;
  --appending_;
  append_ended_.notify_all();
}

void Batch::Commit(std::string_view source, std::string_view checkpoint) {
  RunAlone([&] {
    if (source == kSqlSource) throw Error(TF_INVALID, "the checkpoint's source has no name");
    std::vector<Staged> staged;
    std::vector<Staged> made;
    {
      const Lease connection = engine_->writers().Take();
      for (auto& [key, target] : targets_) {
        target->table->Finish(*connection, engine_->versions());
        staged.push_back(target->table->staged());
        for (const Staged& one : target->table->tables()) made.push_back(one);
      }
      RefuseUnreserved(*connection);
    }
    CommitStaged(*engine_, staged, made, source, checkpoint);
    state_ = State::kCommitted;
  });
}

// Replay and SQL writes rely on it that later versions are higher: one that the counter did not
// give would hide changes for ever, and one of an earlier write be missed by who follows the
// changes. Asked for many tables at once, because each query has its
// price.
void Batch::RefuseUnreserved(Connection& connection) {
  constexpr size_t kTablesAtOnce = 100;
  const uint64_t next = engine_->versions().next();
  const std::string version(sql::kVersionColumn);
  const auto refuse_from = [&](const StagingTable& table, uint64_t oldest, uint64_t newest) {
    if (oldest > id_ && newest < next) return;
    throw Error(TF_INVALID,
                "rows of " + table.target() + " carry version " +
                    std::to_string(newest < next ? oldest : newest) +
                    ", which was not reserved for the batch",
                "Take versions from tf_batch_reserve.");
  };
  std::vector<const StagingTable*> asked;
  std::string query;
  const auto ask = [&] {
    if (asked.empty()) return;
    for (const auto& row : connection.Rows(query + " SETTINGS final = 0")) {
      refuse_from(*asked.at(std::stoull(row.at(0))), std::stoull(row.at(1)),
                  std::stoull(row.at(2)));
    }
    asked.clear();
    query.clear();
  };
  for (const auto& [key, target] : targets_) {
    const StagingTable& table = *target->table;
    if (table.staged().rows) {
      const auto versions = table.direct_versions();
      refuse_from(table, versions.min, versions.max);
      continue;
    }
    query += (query.empty() ? "SELECT " : " UNION ALL SELECT ") + std::to_string(asked.size()) +
             ", min(" + version + "), max(" + version + ") FROM " +
             QuoteTable(kStagingDatabase, table.staged().staging) + " HAVING count() > 0";
    asked.push_back(&table);
    if (asked.size() == kTablesAtOnce) ask();
  }
  ask();
}

void Batch::Close() {
  std::unique_lock lock(mutex_);
  append_ended_.wait(lock, [this] { return appending_ == 0; });
  if (state_ == State::kClosed) return;
  if (state_ != State::kCommitted && !engine_->half_committed()) {
    for (const auto& [key, target] : targets_) {
      if (!target->table) continue;
      try {
        engine_->ledger().Drop(target->table->tables());
      } catch (const Error&) {
        // Nobody reads staged tables, and the next open drops them.
      }
    }
  }
  state_ = State::kClosed;
  engine_->LeaveWrite();
}

}  // namespace theflash
