// What a batch must know of a table that it writes, kept from batch to batch.
#ifndef THEFLASH_STORE_STAGED_SHAPE_H_
#define THEFLASH_STORE_STAGED_SHAPE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace theflash {

struct StagedShape {
  // A column of the target that a batch must give.
  struct Column {
    std::string name;
    // Name of the Int32 column that takes the days of a Date32 column in its stead; else empty.
    std::string days;
  };

  bool is_multiset = false;
  // Columns and types of the table, as the table function `null` takes them, where its rows may be
  // inserted straight into it; else empty. See direct_rows.h.
  std::string direct_structure;
  std::vector<Column> columns;  // the hidden ones that a batch gives are the last
  // Column list of the table that rows are appended to, with the columns that take days; empty
  // where it is the target's own. And what follows the list in the target's CREATE TABLE.
  std::string column_list;
  std::string engine_clause;
};

// Shapes by database and table. Read, filled and cleared by who holds the write gate: so none is
// older than the last statement that changed tables.
class StagedShapes {
 public:
  std::shared_ptr<const StagedShape> Find(const std::string& database, const std::string& table) {
    const std::lock_guard lock(mutex_);
    const auto found = shapes_.find({database, table});
    return found == shapes_.end() ? nullptr : found->second;
  }
  void Put(const std::string& database, const std::string& table,
           std::shared_ptr<const StagedShape> shape) {
    const std::lock_guard lock(mutex_);
    shapes_[{database, table}] = std::move(shape);
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    shapes_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const StagedShape>> shapes_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_STAGED_SHAPE_H_
