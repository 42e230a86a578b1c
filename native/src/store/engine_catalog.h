// What the SQL layer asks about tables, answered by the engine's system tables.
#ifndef THEFLASH_STORE_ENGINE_CATALOG_H_
#define THEFLASH_STORE_ENGINE_CATALOG_H_

#include <optional>
#include <string>

#include "session/connection.h"
#include "sql/print_cache.h"
#include "sql/rewrite.h"

namespace theflash {

class EngineCatalog : public sql::Catalog {
 public:
  // `prints`: where to look for prints, and to keep them; without one each is made anew.
  explicit EngineCatalog(Connection* connection, sql::PrintCache* prints = nullptr)
      : connection_(connection), prints_(prints) {}
  std::optional<sql::TableInfo> Find(const std::string& database,
                                     const std::string& table) override;
  std::string Print(std::string_view statement) override;
  std::string FindInSnapshot(const std::string& snapshot, const std::string& database,
                             const std::string& table) override;

 private:
  Connection* connection_;
  sql::PrintCache* prints_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_ENGINE_CATALOG_H_
