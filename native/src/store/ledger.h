// What the engine remembers about itself: checkpoints, and which staged rows belong to a commit.
#ifndef THEFLASH_STORE_LEDGER_H_
#define THEFLASH_STORE_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "session/connection_pool.h"
#include "sql/rewrite.h"
#include "store/direct_rows.h"

namespace theflash {

using sql::kStagingDatabase;

// In place of a source's name, for the commits of SQL statements: no source is named so.
inline constexpr std::string_view kSqlSource = "";

// Rows that wait for their batch to be committed: in a table of the staging database, or in memory
// and, from the commit on, in the file of direct rows.
struct Staged {
  std::string staging;  // table of kStagingDatabase, or name in the file of direct rows
  std::string database;
  std::string table;
  Rows rows = nullptr;  // where they are direct rows
};

// A batch is committed by one insert of one row into theflash.checkpoints, which holds the
// checkpoint and the list of staged tables. From there on it is only carried out: Publish attaches
// the parts of each staged table to its target, and inserts direct rows, then drops what was
// staged. A crash on the way is made good by Recover, which carries out the last commit again: rows
// that are put there twice are harmless, because both copies have the same key and version.
//
// The caller sees to the locks: one commit at a time, and no scan that plans during Publish.
class Ledger {
 public:
  // Both must outlive this. Direct rows wait in `direct_rows_file`. Creates the databases and
  // tables that are missing.
  Ledger(Connection* connection, ConnectionPool* writers, std::string direct_rows_file);

  // Durably keeps the direct rows among `staged`, before their commit is recorded.
  void Keep(const std::vector<Staged>& staged);

  // Durably records the commit of `batch`. A failure leaves open whether it was recorded.
  void Record(uint64_t batch, std::string_view source, std::string_view checkpoint,
              const std::vector<Staged>& staged);

  // Attaches the parts of all staged tables to their targets, which must be there, and inserts
  // direct rows into theirs.
  void Publish(const std::vector<Staged>& staged);

  // ClickHouse frees the disk a little later (base/config.xml of ch-patches): waiting for it would
  // take longer than all else that a small batch does.
  void Drop(const std::vector<Staged>& staged);

  // Brings the folder to the state after its last commit: publishes what that one staged, and
  // drops all other staged tables. A target that is gone is left out: it was dropped after the
  // commit.
  void Recover();

  // The `batch` of the newest commit, 0 where there is none.
  uint64_t LastCommitId();

  std::optional<std::string> ReadCheckpoint(std::string_view source);

  // The last checkpoint of each source, by its name.
  std::vector<std::pair<std::string, std::string>> Checkpoints();

  // The highest version of any row of any mutable table, 0 where there is none.
  uint64_t NewestVersion();

 private:
  bool TargetExists(const Staged& table);
  std::vector<Staged> LastCommit();
  void PublishOne(Connection& connection, const Staged& staged);

  Connection* connection_;
  ConnectionPool* writers_;  // for what can be done at once
  DirectRowsFile direct_rows_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_LEDGER_H_
