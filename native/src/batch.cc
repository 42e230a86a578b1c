#include "batch.h"

#include "commit.h"
#include "failpoint.h"
#include "quote.h"
#include "sql/rewrite.h"
#include "status.h"

namespace theflash {

Batch::Batch(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {
  engine_->write_gate().Enter();
  try {
    engine_->FinishCommit();
    connection_ = engine_->pool().Take();
    id_ = engine_->versions().Reserve(1);
  } catch (...) {
    connection_.Return();
    engine_->write_gate().Leave();
    throw;
  }
}

Batch::~Batch() { Close(); }

// Every step needs an open batch, and a step that fails ends it.
template <typename Step>
auto Batch::InState(Step step) {
  const std::lock_guard lock(mutex_);
  if (engine_->closing()) throw Error(TF_CANCELLED, "the engine was closed");
  switch (state_) {
    case State::kOpen:
      break;
    case State::kFailed:
      throw Error(TF_INVALID, "the batch has failed before: it can only be closed");
    case State::kCommitted:
    case State::kClosed:
      throw Error(TF_INVALID, "the batch is over: it can only be closed");
  }
  try {
    return step();
  } catch (...) {
    state_ = State::kFailed;
    throw;
  }
}

uint64_t Batch::Reserve(uint64_t count) {
  return InState([&] { return engine_->versions().Reserve(count); });
}

void Batch::Append(std::string_view database, std::string_view table,
                   std::span<const uint8_t> arrow_stream) {
  InState([&] {
    TableFor(database, table).Append(*connection_, arrow_stream);
    FailPoint("after-append");
  });
}

StagingTable& Batch::TableFor(std::string_view database, std::string_view table) {
  std::pair<std::string, std::string> key(database, table);
  const auto found = tables_.find(key);
  if (found != tables_.end()) return found->second;
  const std::string name = std::to_string(id_) + "_" + std::to_string(tables_.size());
  const Staged staged = {name, key.first, key.second};
  return tables_
      .emplace(std::move(key), StagingTable(*connection_, engine_->staged_shapes(), staged))
      .first->second;
}

void Batch::Commit(std::string_view source, std::string_view checkpoint) {
  InState([&] {
    if (source == kSqlSource) throw Error(TF_INVALID, "the checkpoint's source has no name");
    std::vector<Staged> staged;
    std::vector<Staged> made;
    for (auto& [key, table] : tables_) {
      table.Finish(*connection_, engine_->versions());
      staged.push_back(table.staged());
      for (const Staged& one : table.tables()) made.push_back(one);
    }
    RefuseUnreserved();
    CommitStaged(*engine_, staged, made, source, checkpoint);
    state_ = State::kCommitted;
  });
}

// Replay and SQL writes rely on it that later versions are higher: one that the counter did not
// give would hide changes for ever. Asked for many tables at once, because each query has its
// price.
void Batch::RefuseUnreserved() {
  constexpr size_t kTablesAtOnce = 100;
  std::vector<const StagingTable*> asked;
  std::string query;
  const auto ask = [&] {
    if (asked.empty()) return;
    const uint64_t next = engine_->versions().next();
    for (const auto& row : connection_->Rows(query + " SETTINGS final = 0")) {
      if (std::stoull(row.at(1)) < next) continue;
      throw Error(TF_INVALID,
                  "rows of " + asked.at(std::stoull(row.at(0)))->target() + " carry version " +
                      row.at(1) + ", which was never reserved",
                  "Take versions from tf_batch_reserve.");
    }
    asked.clear();
    query.clear();
  };
  for (const auto& [key, table] : tables_) {
    query += (query.empty() ? "SELECT " : " UNION ALL SELECT ") + std::to_string(asked.size()) +
             ", max(" + std::string(sql::kVersionColumn) + ") FROM " +
             QuoteTable(kStagingDatabase, table.staged().staging);
    asked.push_back(&table);
    if (asked.size() == kTablesAtOnce) ask();
  }
  ask();
}

void Batch::Close() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kClosed) return;
  if (state_ != State::kCommitted && !engine_->half_committed()) {
    for (const auto& [key, table] : tables_) {
      try {
        engine_->ledger().Drop(table.tables());
      } catch (const Error&) {
        // Nobody reads staged tables, and the next open drops them.
      }
    }
  }
  state_ = State::kClosed;
  connection_.Return();
  engine_->write_gate().Leave();
}

}  // namespace theflash
