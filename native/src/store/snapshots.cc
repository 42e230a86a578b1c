#include "store/snapshots.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "base/failpoint.h"
#include "base/status.h"
#include "sql/clone_name.h"
#include "sql/quote.h"

namespace theflash {
namespace {

using sql::kSnapshotDatabase;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kCreateCatalog = R"(
CREATE DATABASE IF NOT EXISTS theflash_snapshots ENGINE = Atomic;
CREATE TABLE IF NOT EXISTS theflash.snapshots (
  name String,
  tables Array(Tuple(database String, table String, stored String)),
  created_at DateTime64(3, 'UTC'),
  expires_at DateTime64(3, 'UTC'),
  version UInt64,
  dropped UInt8
) ENGINE = ReplacingMergeTree(version, dropped) ORDER BY name;
ALTER TABLE theflash.snapshots
  ADD COLUMN IF NOT EXISTS complete_version UInt64,
  ADD COLUMN IF NOT EXISTS changes Array(Tuple(uuid UUID, since UInt64, reason String)))";

// Snapshots that are there, expired ones left out.
constexpr std::string_view kLive =
    " FROM theflash.snapshots WHERE expires_at > now64(3, 'UTC') AND name = ";

// Of a table whose changes can't be told.
constexpr std::string_view kNoUuid = "00000000-0000-0000-0000-000000000000";

// The sweeper looks at the clock at least this often: a limit, not a period that anything needs.
constexpr std::chrono::hours kSweepWaitMax(24);

std::string Stored(const std::string& table) { return QuoteTable(kSnapshotDatabase, table); }

std::vector<std::string> SplitWords(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

// Gives the table's UUID. Errors: as Create.
std::string RequireClonable(Connection& connection, const std::string& database,
                            const std::string& table) {
  const auto rows = connection.Rows(
      "SELECT engine, toString(uuid) FROM system.tables WHERE database = " + QuoteText(database) +
      " AND name = " + QuoteText(table));
  const std::string name = database + "." + table;
  if (rows.empty()) {
    throw Error(TF_NOT_FOUND, "there is no table " + name + " to make a snapshot of",
                "SHOW TABLES FROM a database lists its tables.");
  }
  if (rows[0].at(0).ends_with("MergeTree")) return rows[0].at(1);
  throw Error(TF_INVALID, name + " is a " + rows[0].at(0) + ", which keeps no parts to snapshot",
              "Name tables of the MergeTree family, mutable ones among them.");
}

void RefuseTaken(const std::string& name, const std::vector<Snapshots::Kept>& kept) {
  const bool is_taken = std::any_of(kept.begin(), kept.end(),
                                    [&](const auto& snapshot) { return snapshot.name == name; });
  if (is_taken) {
    throw Error(TF_INVALID, "a snapshot " + name + " is there already",
                "Choose another name, or DROP SNAPSHOT it first.");
  }
  if (kept.size() >= Snapshots::kSnapshotsMax) {
    throw Error(TF_INVALID,
                "there are " + std::to_string(kept.size()) + " snapshots, the most there may be",
                "Drop some, or let them expire sooner: EXPIRES IN n SECONDS.");
  }
}

Error UnknownSnapshot(const std::string& name) {
  return Error(TF_NOT_FOUND, "there is no snapshot " + name + ", or it has expired",
               "SHOW SNAPSHOTS lists those that there are; CREATE SNAPSHOT makes one.");
}

}  // namespace

Snapshots::Snapshots(Connection* connection, ChangeFeeds* feeds)
    : connection_(connection), feeds_(feeds), sweep_at_(Clock::now()) {
  connection_->Execute(kCreateCatalog);
  const auto newest =
      connection_->Rows("SELECT max(version) FROM theflash.snapshots SETTINGS final = 0");
  next_version_ = std::stoull(newest.at(0).at(0)) + 1;
  ForgetLost();
  DropStrayClones();
  sweeper_ = std::thread([this] { SweepLoop(); });
}

Snapshots::~Snapshots() { Stop(); }

void Snapshots::Stop() {
  {
    const std::lock_guard lock(sweep_mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (sweeper_.joinable()) sweeper_.join();
}

// A crash of the machine may bring back the row of a snapshot whose clones were dropped when it was
// not known to be recorded.
void Snapshots::ForgetLost() {
  for (const auto& row : connection_->Rows(
           "SELECT name FROM theflash.snapshots WHERE NOT hasAll((SELECT groupArray(name) FROM "
           "system.tables WHERE database = " +
           QuoteText(kSnapshotDatabase) + "), arrayMap(t -> t.stored, tables))")) {
    Record(row.at(0), {}, 0, true);
  }
}

void Snapshots::DropStrayClones() {
  std::vector<std::string> strays;
  for (const auto& row : connection_->Rows(
           "SELECT name FROM system.tables WHERE database = " + QuoteText(kSnapshotDatabase) +
           " AND name NOT IN (SELECT arrayJoin(tables).stored FROM theflash.snapshots)")) {
    strays.push_back(row.at(0));
  }
  DropClones(strays);
}

void Snapshots::Create(const sql::SnapshotChange& change, uint64_t settled) {
  const std::lock_guard lock(mutex_);
  RefuseTaken(change.name, DropExpired());
  const uint64_t seconds = change.expires_in_seconds.value_or(kExpiresInSeconds);
  std::vector<std::string> clones;
  try {
    const Contents contents = CloneTables(change, settled, &clones);
    FailPoint("before-snapshot-record");
    Record(change.name, contents, seconds, false);
    FailPoint("after-snapshot-record");
  } catch (const Error&) {
    // It may be recorded all the same: then it is there, and needs its clones. Where even that
    // can't be found out, they stay; without a row, the next open drops them.
    if (ClonesOf(change.name).empty()) {
      DropClones(clones);
      throw;
    }
  }
  WakeIn(std::chrono::seconds(seconds));
}

Snapshots::Contents Snapshots::CloneTables(const sql::SnapshotChange& change, uint64_t settled,
                                           std::vector<std::string>* clones) {
  const std::string id = std::to_string(next_version_++);
  std::string list;
  std::string changes;
  for (const auto& [database, table] : change.tables) {
    const std::string stored =
        sql::CloneName(database, table, id + "_" + std::to_string(clones->size()));
    const std::string uuid = RequireClonable(*connection_, database, table);
    clones->push_back(stored);
    connection_->Execute("CREATE TABLE " + Stored(stored) + " CLONE AS " +
                         QuoteTable(database, table));
    FailPoint("between-clones");
    list += (list.empty() ? "(" : ", (") + QuoteText(database) + ", " + QuoteText(table) + ", " +
            QuoteText(stored) + ")";
    // After the clone: what it no longer holds was cut off before. Where another table took the
    // name meanwhile, it is not known which of them was cloned.
    const ChangeFeeds::Feed feed = feeds_->Of(database, table, settled);
    const bool known = feed.uuid == uuid;
    changes += (changes.empty() ? "(" : ", (") + QuoteText(known ? feed.uuid : kNoUuid) + ", " +
               std::to_string(feed.since) + ", " + QuoteText(feed.reason) + ")";
  }
  return {"CAST([" + list + "], 'Array(Tuple(String, String, String))')",
          "CAST([" + changes + "], 'Array(Tuple(UUID, UInt64, String))')", settled};
}

std::string Snapshots::CloneForQuery(const std::pair<std::string, std::string>& table,
                                     const std::string& view_body,
                                     std::vector<std::string>* clones) {
  const std::lock_guard lock(mutex_);
  const auto& [database, name] = table;
  const std::string stored = sql::CloneName(database, name, std::to_string(next_version_++) + "_0");
  clones->push_back(stored);
  connection_->Execute(view_body.empty() ? "CREATE TABLE " + Stored(stored) + " CLONE AS " +
                                               QuoteTable(database, name)
                                         : "CREATE VIEW " + Stored(stored) + view_body);
  return stored;
}

void Snapshots::DropQuietly(const std::vector<std::string>& clones) {
  const std::lock_guard lock(mutex_);
  try {
    DropClones(clones);
  } catch (const Error&) {
    // The engine closes, or can't write now.
  }
}

void Snapshots::Record(const std::string& name, const Contents& contents,
                       uint64_t expires_in_seconds, bool dropped) {
  connection_->Execute(
      "INSERT INTO theflash.snapshots (name, tables, complete_version, changes, created_at, "
      "expires_at, version, dropped) SELECT " +
      QuoteText(name) + ", " + contents.tables + ", " + std::to_string(contents.complete_version) +
      ", " + contents.changes + ", now64(3, 'UTC'), now64(3, 'UTC') + toIntervalSecond(" +
      std::to_string(expires_in_seconds) + "), " + std::to_string(next_version_++) + ", " +
      (dropped ? "1" : "0"));
}

void Snapshots::Extend(const sql::SnapshotChange& change) {
  const std::lock_guard lock(mutex_);
  if (ClonesOf(change.name).empty()) throw UnknownSnapshot(change.name);
  const std::string seconds = std::to_string(*change.expires_in_seconds);
  connection_->Execute(
      "INSERT INTO theflash.snapshots (name, tables, complete_version, changes, created_at, "
      "expires_at, version, dropped) SELECT name, tables, complete_version, changes, created_at, "
      "now64(3, 'UTC') + toIntervalSecond(" +
      seconds + "), " + std::to_string(next_version_++) + ", 0" + std::string(kLive) +
      QuoteText(change.name));
  WakeIn(std::chrono::seconds(*change.expires_in_seconds));
}

void Snapshots::Drop(const sql::SnapshotChange& change) {
  const std::lock_guard lock(mutex_);
  const std::vector<std::string> clones = ClonesOf(change.name);
  if (clones.empty()) {
    if (change.if_exists) return;
    throw UnknownSnapshot(change.name);
  }
  // The record first: without it, an open drops the clones that are left.
  Record(change.name, {}, 0, true);
  DropClones(clones);
}

std::vector<std::string> Snapshots::ClonesOf(const std::string& name) {
  std::vector<std::string> clones;
  for (const auto& row : connection_->Rows("SELECT arrayJoin(tables).stored" + std::string(kLive) +
                                           QuoteText(name))) {
    clones.push_back(row.at(0));
  }
  return clones;
}

void Snapshots::DropClones(const std::vector<std::string>& clones) {
  for (const std::string& clone : clones) {
    connection_->Execute("DROP TABLE IF EXISTS " + Stored(clone));
  }
}

void Snapshots::WakeIn(std::chrono::milliseconds time) {
  const std::lock_guard lock(sweep_mutex_);
  // A little later, so that the snapshot has expired by then.
  const auto at = Clock::now() + time + std::chrono::milliseconds(100);
  if (at >= sweep_at_) return;
  sweep_at_ = at;
  wake_.notify_all();
}

void Snapshots::SweepLoop() {
  std::unique_lock lock(sweep_mutex_);
  while (!stopping_) {
    if (wake_.wait_until(lock, sweep_at_) != std::cv_status::timeout) continue;
    sweep_at_ = Clock::now() + kSweepWaitMax;
    lock.unlock();
    try {
      const std::lock_guard change(mutex_);
      DropExpired();
    } catch (const Error&) {
      // The engine closes, or can't write now: expired snapshots can't be read, and the next open
      // or CREATE SNAPSHOT drops them.
    }
    lock.lock();
  }
}

std::vector<Snapshots::Kept> Snapshots::DropExpired() {
  std::vector<Kept> kept;
  for (const auto& row : connection_->Rows(
           "SELECT name, arrayStringConcat(arrayMap(t -> t.stored, tables), ' '),"
           " dateDiff('millisecond', now64(3, 'UTC'), expires_at) FROM theflash.snapshots")) {
    const std::vector<std::string> clones = SplitWords(row.at(1));
    const std::chrono::milliseconds left(std::stoll(row.at(2)));
    if (left.count() > 0) {
      kept.push_back({row.at(0), left});
      WakeIn(left);
      continue;
    }
    Record(row.at(0), {}, 0, true);
    DropClones(clones);
  }
  return kept;
}

std::string FindInSnapshot(Connection& connection, const std::string& snapshot,
                           const std::string& database, const std::string& table) {
  const auto rows = connection.Rows("SELECT arrayFirst(t -> t.database = " + QuoteText(database) +
                                    " AND t.table = " + QuoteText(table) + ", tables).stored" +
                                    std::string(kLive) + QuoteText(snapshot));
  if (rows.empty()) throw UnknownSnapshot(snapshot);
  if (!rows[0].at(0).empty()) return rows[0].at(0);
  throw Error(TF_NOT_FOUND,
              "the snapshot " + snapshot + " does not hold the table " + database + "." + table,
              "SHOW SNAPSHOTS lists the tables of each.");
}

}  // namespace theflash
