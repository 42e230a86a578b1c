#include "store/change_feeds.h"

#include "base/failpoint.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

// In place of a UUID: of all tables. Tables in databases that give none have it too.
constexpr std::string_view kAll = "00000000-0000-0000-0000-000000000000";

// A setting of tables by which merges in the background drop tombstones.
constexpr std::string_view kCleanupSetting = "enable_replacing_merge_with_cleanup";

std::string WhereTable(const std::string& database, const std::string& table) {
  return " FROM system.tables WHERE database = " + QuoteText(database) +
         " AND name = " + QuoteText(table);
}

}  // namespace

ChangeFeeds::ChangeFeeds(Connection* connection) : connection_(connection) {
  connection_->Execute(
      "CREATE TABLE IF NOT EXISTS theflash.change_feeds (uuid UUID, since UInt64, reason String)"
      " ENGINE = ReplacingMergeTree(since) ORDER BY uuid");
  for (const auto& row :
       connection_->Rows("SELECT toString(uuid), since, reason FROM theflash.change_feeds")) {
    starts_[row.at(0)] = {std::stoull(row.at(1)), row.at(2)};
  }
}

ChangeFeeds::Feed ChangeFeeds::Of(const std::string& database, const std::string& table,
                                  uint64_t settled) {
  const auto rows =
      connection_->Rows("SELECT toString(uuid), position(create_table_query, " +
                        QuoteText(sql::kVersionColumn) + ") > 0 AND position(create_table_query, " +
                        QuoteText(kCleanupSetting) + ") = 0" + WhereTable(database, table));
  if (rows.empty() || rows[0].at(0) == kAll || rows[0].at(1) != "1") return {};
  const std::string& uuid = rows[0].at(0);
  const std::lock_guard lock(mutex_);
  if (starts_.count(uuid) == 0) Store(uuid, settled, "");
  const Start& own = starts_[uuid];
  const Start& all = starts_[std::string(kAll)];
  const Start& later = all.version > own.version ? all : own;
  return {uuid, later.version, later.reason};
}

void ChangeFeeds::Cut(const std::string& database, const std::string& table, uint64_t version,
                      std::string_view reason) {
  const auto rows = connection_->Rows("SELECT toString(uuid)" + WhereTable(database, table));
  if (rows.empty() || rows[0].at(0) == kAll) return;
  const std::lock_guard lock(mutex_);
  Store(rows[0].at(0), version, reason);
}

void ChangeFeeds::CutAll(uint64_t version, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  Store(std::string(kAll), version, reason);
}

void ChangeFeeds::Store(const std::string& uuid, uint64_t version, std::string_view reason) {
  connection_->Execute("INSERT INTO theflash.change_feeds (uuid, since, reason) SELECT " +
                       QuoteText(uuid) + ", " + std::to_string(version) + ", " + QuoteText(reason));
  FailPoint("after-change-feed");
  starts_[uuid] = {version, std::string(reason)};
}

}  // namespace theflash
