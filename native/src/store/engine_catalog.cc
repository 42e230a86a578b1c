#include "store/engine_catalog.h"

#include <utility>
#include <vector>

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

std::string EngineCatalog::FindInSnapshot(const std::string& snapshot, const std::string& database,
                                          const std::string& table) {
  return theflash::FindInSnapshot(*connection_, snapshot, database, table);
}

}  // namespace theflash
