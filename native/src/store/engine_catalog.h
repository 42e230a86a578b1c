// What the SQL layer asks about tables, answered by the engine's system tables.
#ifndef THEFLASH_STORE_ENGINE_CATALOG_H_
#define THEFLASH_STORE_ENGINE_CATALOG_H_

#include <optional>
#include <string>

#include "session/connection.h"
#include "sql/rewrite.h"

namespace theflash {

class EngineCatalog : public sql::Catalog {
 public:
  explicit EngineCatalog(Connection* connection) : connection_(connection) {}
  std::optional<sql::TableInfo> Find(const std::string& database,
                                     const std::string& table) override;
  std::string Print(std::string_view statement) override;
  std::string FindInSnapshot(const std::string& snapshot, const std::string& database,
                             const std::string& table) override;

 private:
  Connection* connection_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_ENGINE_CATALOG_H_
