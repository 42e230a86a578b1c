#include "folder/broken_parts.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

// Names of parts that a message shows of each table.
constexpr size_t kNamesMax = 3;

struct BrokenTable {
  std::string name;  // as the user knows it
  std::string snapshot;
  bool is_own = false;  // of the engine itself
  size_t count = 0;
  std::string folder;
  std::string parts;
};

// The table of the user, and the snapshot, that a clone is part of; as it is where nobody knows.
void NameClone(Connection& connection, BrokenTable* table, const std::string& stored) {
  if (connection.Rows("EXISTS TABLE theflash.snapshots").at(0).at(0) != "1") return;
  const auto rows = connection.Rows(
      "SELECT name, kept.database, kept.table FROM theflash.snapshots ARRAY JOIN tables AS kept"
      " WHERE kept.stored = " +
      QuoteText(stored));
  if (rows.empty()) return;
  table->snapshot = rows[0].at(0);
  table->name = rows[0].at(1) + "." + rows[0].at(2) + " AT SNAPSHOT " + table->snapshot;
}

std::vector<BrokenTable> FindBroken(Connection& connection) {
  std::vector<BrokenTable> tables;
  for (const auto& row : connection.Rows(
           "SELECT database, table, count(), any(path), arrayStringConcat(arraySlice(arraySort("
           "groupArray(name)), 1, " +
           std::to_string(kNamesMax) +
           "), ', ') FROM system.detached_parts WHERE reason = 'broken-on-start'"
           " GROUP BY database, table ORDER BY database, table")) {
    BrokenTable table;
    table.name = row.at(0) + "." + row.at(1);
    table.count = std::stoull(row.at(2));
    table.folder = row.at(3).substr(0, row.at(3).rfind('/'));
    table.parts = row.at(4);
    table.is_own = row.at(0) == "theflash" || row.at(0) == kStagingDatabase;
    if (row.at(0) == sql::kSnapshotDatabase) NameClone(connection, &table, row.at(1));
    tables.push_back(std::move(table));
  }
  return tables;
}

std::string Describe(const BrokenTable& table) {
  std::string text = table.name + " (" + std::to_string(table.count) +
                     (table.count == 1 ? " part" : " parts") + " in " + table.folder + ": " +
                     table.parts;
  if (table.count > kNamesMax) text += " and " + std::to_string(table.count - kNamesMax) + " more";
  return text + ")";
}

// A word for a shell.
std::string QuoteWord(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string HintOf(const std::vector<BrokenTable>& tables, const std::string& folder) {
  const std::string open = " --engine " + QuoteWord(folder) + " --allow-broken";
  const bool only_snapshots = std::all_of(
      tables.begin(), tables.end(), [](const auto& table) { return !table.snapshot.empty(); });
  if (only_snapshots) {
    return "The tables themselves are whole. To give the snapshot up: theflash sql " +
           QuoteWord("DROP SNAPSHOT " + QuoteName(tables[0].snapshot)) + open;
  }
  std::string hint =
      "Restore the folder from a backup, or replay the logs into a new one: theflash write "
      "--binlog LOGS --engine NEW_FOLDER. To save what is left, ";
  const auto table = std::find_if(tables.begin(), tables.end(), [](const auto& one) {
    return one.snapshot.empty() && !one.is_own;
  });
  if (table == tables.end()) return hint + "read it with" + open;
  return hint + "table by table: theflash scan " + QuoteWord(table->name) + open +
         " --output FILE.arrow";
}

}  // namespace

void RefuseBrokenParts(Connection& connection, Ledger& ledger, const std::string& folder) {
  const std::vector<BrokenTable> tables = FindBroken(connection);
  if (tables.empty()) return;
  std::string list;
  for (const BrokenTable& table : tables) list += (list.empty() ? "" : ", ") + Describe(table);
  std::string checkpoints;
  for (const auto& [source, checkpoint] : ledger.Checkpoints()) {
    checkpoints += (checkpoints.empty() ? "" : ", ") + source + ": " + checkpoint;
  }
  throw Error(TF_BROKEN_DATA,
              "ClickHouse found parts broken and put them aside when it opened " + folder +
                  ": rows are missing from " + list +
                  "; the last checkpoint, up to which all other tables are whole, is " +
                  (checkpoints.empty() ? "none" : checkpoints),
              HintOf(tables, folder));
}

}  // namespace theflash
