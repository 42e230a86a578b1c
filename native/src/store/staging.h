// The rows of one table in a write batch, before the commit.
#ifndef THEFLASH_STORE_STAGING_H_
#define THEFLASH_STORE_STAGING_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "session/connection.h"
#include "store/ledger.h"
#include "store/staged_shape.h"
#include "store/versions.h"

namespace theflash {

class StagingTable {
 public:
  // Makes a table like the target in the staging database. `name` must be new there.
  // Errors: TF_NOT_FOUND; TF_INVALID where the target is no mutable table.
  StagingTable(Connection& connection, StagedShapes& shapes, const Staged& staged);

  // Inserts the rows of an Arrow IPC stream durably.
  // Errors: TF_INVALID where its columns are not those of the target.
  void Append(Connection& connection, std::span<const uint8_t> arrow_stream);

  // For a table without a key: makes rows and tombstones of its raw changes; see multiset.h.
  void Finish(Connection& connection, Versions& versions);

  const Staged& staged() const { return staged_; }
  std::string target() const;
  // Every table of the staging database that this one made.
  std::vector<Staged> tables() const;

 private:
  using Column = StagedShape::Column;

  std::shared_ptr<const StagedShape> ReadShape(Connection& connection) const;
  void CreateTables(Connection& connection);
  std::vector<const Column*> CheckStream(const std::vector<std::string>& names) const;
  std::string raw_name() const { return staged_.staging + "_raw"; }
  // The table that rows are appended to.
  std::string appended_name() const { return shape_->is_multiset ? raw_name() : staged_.staging; }

  Staged staged_;
  std::shared_ptr<const StagedShape> shape_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_STAGING_H_
