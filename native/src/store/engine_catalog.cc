#include "store/engine_catalog.h"

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

}  // namespace theflash
