#include "store/engine_catalog.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/status.h"
#include "sql/quote.h"
#include "store/snapshots.h"

namespace theflash {

std::optional<sql::TableInfo> EngineCatalog::Find(const std::string& database,
                                                  const std::string& table) {
  const std::string where =
      " WHERE database = " + QuoteText(database) + " AND " + "table = " + QuoteText(table);
  const auto tables =
      connection_->Rows("SELECT engine, create_table_query FROM system.tables" + where);
  if (tables.empty()) return std::nullopt;
  std::vector<sql::Column> columns;
  for (auto& row : connection_->Rows("SELECT name, type, default_kind FROM system.columns" + where +
                                     " ORDER BY position")) {
    columns.push_back({std::move(row.at(0)), std::move(row.at(1)), std::move(row.at(2))});
  }
  return sql::DescribeTable(tables[0].at(0), tables[0].at(1), std::move(columns));
}

std::string EngineCatalog::Print(std::string_view statement) {
  if (prints_ != nullptr) {
    if (auto known = prints_->Find(statement)) return *std::move(known);
  }
  try {
    const Result printed =
        connection_->Query("SELECT formatQuerySingleLine(" + QuoteText(statement) + ")", "RawBLOB");
    const auto bytes = printed.bytes();
    std::string print(bytes.begin(), bytes.end());
    // What can't be read is never run.
    if (print.empty()) throw Error(TF_INTERNAL, "the engine does not print the statement");
    if (prints_ != nullptr) prints_->Put(statement, print);
    return print;
  } catch (const Error& error) {
    // The message goes on with the query of ours that it came up in.
    const std::string& message = error.message();
    throw Error(error.status(), message.substr(0, message.rfind(": In scope SELECT")), error.hint(),
                error.engine_code());
  }
}

std::string EngineCatalog::FindInSnapshot(const std::string& snapshot, const std::string& database,
                                          const std::string& table) {
  // The list of snapshots is the owner's; what is found is read with the rights of who asks.
  if (!connection_->has_role()) {
    return theflash::FindInSnapshot(*connection_, snapshot, database, table);
  }
  const Lease owner = owners_->Take();
  return theflash::FindInSnapshot(*owner, snapshot, database, table);
}

bool EngineCatalog::NamesHidden(const std::vector<std::pair<std::string, std::string>>& tables) {
  if (!connection_->has_role() || tables.empty()) return false;
  std::set<std::string> databases;
  std::set<std::string> names;
  for (const auto& [database, table] : tables) {
    databases.insert(QuoteText(database));
    names.insert(QuoteText(table));
  }
  const auto list = [](const std::set<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
    return joined;
  };
  // The engine's own databases are not told of to roles: `system` has rules of its own, and the
  // views of information_schema show what system tables do.
  const std::string sql = "SELECT database, name FROM system.tables WHERE database IN (" +
                          list(databases) + ") AND name IN (" + list(names) +
                          ") AND database NOT IN ('system', 'information_schema',"
                          " 'INFORMATION_SCHEMA')";
  const auto find = [&](Connection& connection) {
    std::set<std::pair<std::string, std::string>> found;
    for (const auto& row : connection.Rows(sql)) found.emplace(row.at(0), row.at(1));
    return found;
  };
  const auto all = find(*owners_->Take());
  const auto seen = find(*connection_);
  return std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
    return all.count(table) > 0 && seen.count(table) == 0;
  });
}

}  // namespace theflash
