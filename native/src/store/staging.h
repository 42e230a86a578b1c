// The rows of one table in a write batch, before the commit.
#ifndef THEFLASH_STORE_STAGING_H_
#define THEFLASH_STORE_STAGING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arrow/arrow_ipc.h"
#include "session/connection.h"
#include "store/ledger.h"
#include "store/staged_shape.h"
#include "store/versions.h"

namespace theflash {

// Bytes of direct rows that one batch may still hold in memory.
class DirectBudget {
 public:
  explicit DirectBudget(size_t bytes) : left_(static_cast<int64_t>(bytes)) {}
  // Takes `bytes` of it, or says that there are not so many.
  bool Take(size_t bytes) {
    const auto wanted = static_cast<int64_t>(bytes);
    if (left_.fetch_sub(wanted) >= wanted) return true;
    left_ += wanted;
    return false;
  }

 private:
  std::atomic<int64_t> left_;
};

class StagingTable {
 public:
  // Errors: TF_NOT_FOUND; TF_INVALID where the target is no mutable table.
  StagingTable(Connection& connection, StagedShapes& shapes, Staged staged);

  // Takes the rows of an Arrow IPC stream: few of them into memory, after the engine has read them
  // as it will at the commit; more durably into a table like the target in the staging database,
  // whose name must be new there. Errors: TF_INVALID where its columns are not those of the target.
  void Append(Connection& connection, std::span<const uint8_t> arrow_stream, DirectBudget& budget);

  // For a table without a key: makes rows and tombstones of its raw changes; see multiset.h.
  void Finish(Connection& connection, Versions& versions);

  // What a commit makes visible.
  const Staged& staged() const { return staged_; }
  // The versions of the rows, where they are direct ones.
  FieldBounds<uint64_t> direct_versions() const { return direct_versions_; }
  std::string target() const;
  // Every table of the staging database that this one made, and the direct rows.
  std::vector<Staged> tables() const;

 private:
  using Column = StagedShape::Column;

  std::shared_ptr<const StagedShape> ReadShape(Connection& connection) const;
  std::string ReadDirectStructure(Connection& connection, const StagedShape& shape) const;
  bool TakeDirect(Connection& connection, std::span<const uint8_t> arrow_stream,
                  DirectBudget& budget);
  void GiveUpDirect();
  void CreateTables(Connection& connection);
  void Insert(Connection& connection, std::span<const uint8_t> arrow_stream) const;
  std::vector<const Column*> CheckStream(const std::vector<std::string>& names) const;
  std::string raw_name() const { return staged_.staging + "_raw"; }
  // The table that rows are appended to.
  std::string appended_name() const { return shape_->is_multiset ? raw_name() : staged_.staging; }

  Staged staged_;
  StagedShapes* shapes_;
  std::shared_ptr<const StagedShape> shape_;
  bool has_tables_ = false;
  FieldBounds<uint64_t> direct_versions_{};
};

}  // namespace theflash

#endif  // THEFLASH_STORE_STAGING_H_
