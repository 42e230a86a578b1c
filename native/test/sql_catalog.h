// A catalog for tests of the SQL layer: tables made by its own rewriting of CREATE TABLE.
#ifndef THEFLASH_TEST_SQL_CATALOG_H_
#define THEFLASH_TEST_SQL_CATALOG_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/rewrite.h"

namespace theflash::sql {

class MapCatalog final : public Catalog {
 public:
  std::optional<TableInfo> Find(const std::string& database, const std::string& table) override {
    const auto found = tables_.find({database, table});
    if (found == tables_.end()) return std::nullopt;
    return found->second;
  }

  // Here nothing is disguised: what the engine prints is tried with the engine itself.
  std::string Print(std::string_view statement) override { return std::string(statement); }

  // Any snapshot but "gone" holds any table.
  std::string FindInSnapshot(const std::string& snapshot, const std::string& database,
                             const std::string& table) override {
    if (snapshot == "gone") throw SqlError("There is no snapshot gone", "Make one.");
    return snapshot + "-" + database + "-" + table;
  }

  // `engine` and `create_query` as system.tables would give them.
  void Add(const std::string& database, const std::string& table, std::string_view engine,
           std::string_view create_query, std::vector<Column> columns) {
    tables_[{database, table}] = DescribeTable(engine, create_query, std::move(columns));
  }

  // db.t (k Int64, v String) by k, db.m the same without a key, and db.p, a plain MergeTree.
  static MapCatalog WithTables() {
    const std::string visible = "`k` Int64, `v` String";
    const std::string hidden =
        ", `_INTERNAL_VERSION` UInt64 MATERIALIZED "
        "toUInt64OrZero(getSetting('query_cache_tag')), `_INTERNAL_DELMARK` UInt8 MATERIALIZED 0";
    const std::string row =
        ", `_INTERNAL_ROW_HASH` UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128((k, v))), "
        "`_INTERNAL_ROW_INDEX` UInt64 MATERIALIZED _INTERNAL_VERSION + rowNumberInAllBlocks()";
    const std::string engine =
        ") ENGINE = ReplacingMergeTree(_INTERNAL_VERSION, _INTERNAL_DELMARK) ORDER BY ";
    const std::vector<Column> plain = {{"k", "Int64", ""}, {"v", "String", ""}};
    std::vector<Column> keyed = plain;
    keyed.push_back({"_INTERNAL_VERSION", "UInt64", "MATERIALIZED"});
    keyed.push_back({"_INTERNAL_DELMARK", "UInt8", "MATERIALIZED"});
    std::vector<Column> multiset = keyed;
    multiset.push_back({"_INTERNAL_ROW_HASH", "UInt128", "MATERIALIZED"});
    multiset.push_back({"_INTERNAL_ROW_INDEX", "UInt64", "MATERIALIZED"});
    MapCatalog catalog;
    catalog.Add("db", "t", "ReplacingMergeTree",
                "CREATE TABLE db.t (" + visible + hidden + engine + "k", keyed);
    catalog.Add("db", "m", "ReplacingMergeTree",
                "CREATE TABLE db.m (" + visible + hidden + row + engine +
                    "(_INTERNAL_ROW_HASH, _INTERNAL_ROW_INDEX)",
                multiset);
    catalog.Add("db", "p", "MergeTree",
                "CREATE TABLE db.p (" + visible + ") ENGINE = MergeTree ORDER BY k", plain);
    return catalog;
  }

 private:
  std::map<std::pair<std::string, std::string>, TableInfo> tables_;
};

}  // namespace theflash::sql

#endif  // THEFLASH_TEST_SQL_CATALOG_H_
