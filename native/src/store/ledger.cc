#include "store/ledger.h"

#include <algorithm>
#include <map>

#include "base/failpoint.h"
#include "base/status.h"
#include "session/parallel.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

constexpr std::string_view kCreateLedger = R"(
CREATE DATABASE IF NOT EXISTS theflash ENGINE = Atomic;
CREATE DATABASE IF NOT EXISTS theflash_staging ENGINE = Atomic;
CREATE TABLE IF NOT EXISTS theflash.versions (id UInt8, ceiling UInt64)
  ENGINE = ReplacingMergeTree(ceiling) ORDER BY id;
CREATE TABLE IF NOT EXISTS theflash.checkpoints (
  source String,
  batch UInt64,
  checkpoint String,
  staged Array(Tuple(staging String, database String, target String)),
  committed_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(batch) ORDER BY source)";

std::string QuoteStaging(std::string_view table) { return QuoteTable(kStagingDatabase, table); }

}  // namespace

Ledger::Ledger(Connection* connection, ConnectionPool* writers, std::string direct_rows_file)
    : connection_(connection), writers_(writers), direct_rows_(std::move(direct_rows_file)) {
  connection_->Execute(kCreateLedger);
}

void Ledger::Keep(const std::vector<Staged>& staged) {
  std::map<std::string, Rows> kept;
  for (const Staged& table : staged) {
    if (table.rows) kept[table.staging] = table.rows;
  }
  if (!kept.empty()) direct_rows_.Write(kept);
}

void Ledger::Record(uint64_t batch, std::string_view source, std::string_view checkpoint,
                    const std::vector<Staged>& staged) {
  std::string list;
  for (const Staged& table : staged) {
    list += list.empty() ? "(" : ", (";
    list += QuoteText(table.staging) + ", " + QuoteText(table.database) + ", " +
            QuoteText(table.table) + ")";
  }
  connection_->Execute(
      "INSERT INTO theflash.checkpoints (source, batch, checkpoint, staged, committed_at) SELECT " +
      QuoteText(source) + ", " + std::to_string(batch) + ", " + QuoteText(checkpoint) + ", CAST([" +
      list + "], 'Array(Tuple(String, String, String))'), now64(3, 'UTC')");
}

void Ledger::Publish(const std::vector<Staged>& staged) {
  RunAll(
      *writers_, staged.size(),
      [&](Connection& connection, size_t index) { PublishOne(connection, staged[index]); },
      "between-attaches");
}

void Ledger::PublishOne(Connection& connection, const Staged& staged) {
  const std::string target = QuoteTable(staged.database, staged.table);
  if (staged.rows) {
    connection.Insert(InsertSql(target, *staged.rows), "ArrowStream", {*staged.rows});
  } else {
    connection.Execute("ALTER TABLE " + target + " ATTACH PARTITION ALL FROM " +
                       QuoteStaging(staged.staging));
  }
}

void Ledger::Drop(const std::vector<Staged>& staged) {
  bool has_direct_rows = false;
  for (const Staged& table : staged) {
    if (table.rows) {
      has_direct_rows = true;
      continue;
    }
    connection_->Execute("DROP TABLE IF EXISTS " + QuoteStaging(table.staging));
    FailPoint("between-drops");
  }
  if (has_direct_rows) direct_rows_.Remove();
}

bool Ledger::TargetExists(const Staged& table) {
  const std::string target = QuoteTable(table.database, table.table);
  return connection_->Rows("EXISTS TABLE " + target).at(0).at(0) == "1";
}

std::vector<Staged> Ledger::LastCommit() {
  std::vector<Staged> staged;
  for (const auto& row :
       connection_->Rows("SELECT s.staging, s.database, s.target FROM ("
                         "  SELECT arrayJoin(staged) AS s FROM theflash.checkpoints"
                         "  WHERE batch = (SELECT max(batch) FROM theflash.checkpoints))")) {
    staged.push_back({row.at(0), row.at(1), row.at(2)});
  }
  return staged;
}

uint64_t Ledger::LastCommitId() {
  return std::stoull(connection_->Rows("SELECT max(batch) FROM theflash.checkpoints").at(0).at(0));
}

void Ledger::Recover() {
  std::map<std::string, Rows> waiting = direct_rows_.Read();
  std::vector<Staged> to_drop;
  for (const auto& row : connection_->Rows("SELECT name FROM system.tables WHERE database = " +
                                           QuoteText(kStagingDatabase))) {
    waiting[row.at(0)] = nullptr;
    to_drop.push_back({row.at(0), "", ""});
  }
  std::vector<Staged> to_publish;
  for (Staged& table : LastCommit()) {
    const auto found = waiting.find(table.staging);
    if (found == waiting.end() || !TargetExists(table)) continue;
    table.rows = found->second;
    to_publish.push_back(std::move(table));
  }
  Publish(to_publish);
  Drop(to_drop);
  direct_rows_.Remove();
}

std::optional<std::string> Ledger::ReadCheckpoint(std::string_view source) {
  const auto rows = connection_->Rows(
      "SELECT checkpoint FROM theflash.checkpoints WHERE source = " + QuoteText(source) +
      " ORDER BY batch DESC LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return rows[0].at(0);
}

std::vector<std::pair<std::string, std::string>> Ledger::Checkpoints() {
  std::vector<std::pair<std::string, std::string>> checkpoints;
  for (const auto& row :
       connection_->Rows("SELECT source, argMax(checkpoint, batch) FROM theflash.checkpoints"
                         " WHERE source <> " +
                         QuoteText(kSqlSource) + " GROUP BY source ORDER BY source")) {
    checkpoints.emplace_back(row.at(0), row.at(1));
  }
  return checkpoints;
}

uint64_t Ledger::NewestVersion() {
  uint64_t newest = 0;
  for (const auto& table :
       connection_->Rows("SELECT database, table FROM system.columns WHERE name = " +
                         QuoteText(sql::kVersionColumn))) {
    const auto rows =
        connection_->Rows("SELECT max(" + std::string(sql::kVersionColumn) + ") FROM " +
                          QuoteTable(table.at(0), table.at(1)) + " SETTINGS final = 0");
    newest = std::max<uint64_t>(newest, std::stoull(rows.at(0).at(0)));
  }
  return newest;
}

}  // namespace theflash
