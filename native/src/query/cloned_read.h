// A query over clones of its tables: what it reads is of one instant, and no batch waits for it.
#ifndef THEFLASH_QUERY_CLONED_READ_H_
#define THEFLASH_QUERY_CLONED_READ_H_

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"
#include "sql/table_reads.h"

namespace theflash {

// Which tables a query reads is told by ClickHouse's own parser: EXPLAIN AST of the query and of
// the views in it. What is replaced in the text has to be all of them, no less and no more; where
// that can't be shown, there is no ClonedRead. Clones are hard links, as those of a snapshot
// (store/snapshots.h).
class ClonedRead {
 public:
  // Clones what `query` reads, under the shared visibility lock. The names in it are looked up on
  // `connection`, with its rights, those without a database in `database`. Null where the query
  // reads what no clone stands for: tables of other engines that read tables (Merge, Distributed,
  // materialized views), table functions that do, views with parameters, tables named by a
  // parameter.
  static std::unique_ptr<ClonedRead> Make(Engine& engine, Connection& connection,
                                          std::string_view query, const std::string& database,
                                          const std::atomic<bool>* cancelled);
  // The same for an INSERT … SELECT, whose target stays. Null, too, where it has no SELECT, or
  // views are filled from its target.
  static std::unique_ptr<ClonedRead> MakeInsert(Engine& engine, Connection& connection,
                                                std::string_view insert,
                                                const std::atomic<bool>* cancelled);
  // Drops the clones; a query that has been planned goes on to its end.
  ~ClonedRead();
  ClonedRead(const ClonedRead&) = delete;
  ClonedRead& operator=(const ClonedRead&) = delete;

  const std::string& sql() const { return sql_; }

 private:
  explicit ClonedRead(Engine& engine) : engine_(engine) {}
  // Calls `clone` with a Cloner, under the lock, which gives the SQL.
  template <typename Clone>
  static std::unique_ptr<ClonedRead> MakeBy(Engine& engine, Connection& connection,
                                            const std::string& database,
                                            const std::atomic<bool>* cancelled, Clone clone);

  Engine& engine_;
  std::string sql_;
  std::vector<std::string> clones_;
};

}  // namespace theflash

#endif  // THEFLASH_QUERY_CLONED_READ_H_
