// The rows of one table in a write batch, before the commit.
#ifndef THEFLASH_STAGING_H_
#define THEFLASH_STAGING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connection.h"
#include "ledger.h"
#include "versions.h"

namespace theflash {

class StagingTable {
 public:
  // Makes a table like the target in the staging database. `name` must be new there.
  // Errors: TF_NOT_FOUND; TF_INVALID where the target is no mutable table.
  StagingTable(Connection& connection, const Staged& staged);

  // Inserts the rows of an Arrow IPC stream durably.
  // Errors: TF_INVALID where its columns are not those of the target.
  void Append(Connection& connection, std::span<const uint8_t> arrow_stream);

  // Makes the staged table ready to be attached. For a table without a key this is where its raw
  // changes become rows and tombstones; see multiset.h.
  void Finish(Connection& connection, Versions& versions);

  const Staged& staged() const { return staged_; }
  // Every table of the staging database that this one made.
  std::vector<Staged> tables() const;

 private:
  // A column of the target that a batch must give.
  struct Column {
    std::string name;
    // Name of the Int32 column that takes the days of a Date32 column in its stead; else empty.
    std::string days;
  };

  void ReadColumns(Connection& connection);
  void CreateTables(Connection& connection);
  std::vector<const Column*> CheckStream(const std::vector<std::string>& names) const;
  std::string target() const;
  std::string raw_name() const { return staged_.staging + "_raw"; }
  // The table that rows are appended to.
  std::string appended_name() const { return is_multiset_ ? raw_name() : staged_.staging; }

  Staged staged_;
  bool is_multiset_ = false;
  std::vector<Column> columns_;  // the hidden ones that a batch gives are the last
  std::string day_changes_;      // what ALTER TABLE adds for Date32 columns
};

}  // namespace theflash

#endif  // THEFLASH_STAGING_H_
