// What the SQL layer asks about tables, answered by the engine's system tables.
#ifndef THEFLASH_STORE_ENGINE_CATALOG_H_
#define THEFLASH_STORE_ENGINE_CATALOG_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "session/connection_pool.h"
#include "sql/print_cache.h"
#include "sql/rewrite.h"

namespace theflash {

class EngineCatalog : public sql::Catalog {
 public:
  // `connection` answers with the rights that it has, `owners` with all. `prints`: where to look
  // for prints, and to keep them; without one each is made anew.
  EngineCatalog(Connection* connection, ConnectionPool* owners, sql::PrintCache* prints = nullptr)
      : connection_(connection), owners_(owners), prints_(prints) {}
  std::optional<sql::TableInfo> Find(const std::string& database,
                                     const std::string& table) override;
  std::string Print(std::string_view statement) override;
  std::string FindInSnapshot(const std::string& snapshot, const std::string& database,
                             const std::string& table) override;
  bool NamesHidden(const std::vector<std::pair<std::string, std::string>>& tables) override;

 private:
  Connection* connection_;
  ConnectionPool* owners_;
  sql::PrintCache* prints_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_ENGINE_CATALOG_H_
