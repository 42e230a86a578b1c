// Snapshots: tables as they were at one instant, kept under a name until it expires.
#ifndef THEFLASH_STORE_SNAPSHOTS_H_
#define THEFLASH_STORE_SNAPSHOTS_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "sql/rewrite.h"
#include "store/change_feeds.h"

namespace theflash {

// A snapshot is a clone of each of its tables in the database theflash_snapshots: hard links to the
// parts of that instant, so making one costs milliseconds and no space, and nothing that happens to
// the table touches it. Space is taken as the table moves on, until the snapshot is dropped or
// expires. A row of theflash.snapshots, written last, is what makes a snapshot; it stays over
// restarts of the engine.
class Snapshots {
 public:
  // How long a snapshot lives that says nothing else.
  static constexpr uint64_t kExpiresInSeconds = uint64_t{24} * 3600;
  // Each holds files of its tables: a bound for callers that forget to drop theirs.
  static constexpr size_t kSnapshotsMax = 1000;

  // A snapshot that is there.
  struct Kept {
    std::string name;
    std::chrono::milliseconds left;  // until it expires
  };

  // Both must outlive this. Creates what is missing, and drops clones that
  // belong to no snapshot: their creation was cut short.
  Snapshots(Connection* connection, ChangeFeeds* feeds);
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  // Makes a snapshot. The caller sees to it that no batch is being published: all tables are then
  // those of one instant, when `settled` was the version up to which rows are whole.
  // Errors: TF_INVALID where the name is taken or a table is none of the MergeTree family;
  // TF_NOT_FOUND for a missing table.
  void Create(const sql::SnapshotChange& change, uint64_t settled);
  // Errors: TF_NOT_FOUND.
  void Extend(const sql::SnapshotChange& change);
  // A scan that reads the snapshot goes on to its end. Errors: TF_NOT_FOUND.
  void Drop(const sql::SnapshotChange& change);

  // Makes a clone for one query, under the lock that Create asks for, and gives its name in
  // theflash_snapshots, which is put into `clones` before it is there. A view comes with
  // `view_body`, what follows its name in CREATE VIEW. The next open drops those of a crash.
  std::string CloneForQuery(const std::pair<std::string, std::string>& table,
                            const std::string& view_body, std::vector<std::string>* clones);
  // Drops clones of queries. Throws nothing: what can't be dropped now goes with the next open.
  void DropQuietly(const std::vector<std::string>& clones);

  // Ends the thread that drops snapshots as they expire. Idempotent.
  void Stop();

 private:
  void ForgetLost();
  void DropStrayClones();
  // What a snapshot holds, as SQL: see the columns of theflash.snapshots.
  struct Contents {
    std::string tables = "[]";
    std::string changes = "[]";
    uint64_t complete_version = 0;
  };
  Contents CloneTables(const sql::SnapshotChange& change, uint64_t settled,
                       std::vector<std::string>* clones);
  void Record(const std::string& name, const Contents& contents, uint64_t expires_in_seconds,
              bool dropped);
  void DropClones(const std::vector<std::string>& clones);
  // The clones of a snapshot that has not expired; empty where there is none.
  std::vector<std::string> ClonesOf(const std::string& name);

  void SweepLoop();
  // Gives those that are left, and has the sweeper wake when the next one expires.
  std::vector<Kept> DropExpired();
  void WakeIn(std::chrono::milliseconds time);

  Connection* const connection_;
  ChangeFeeds* const feeds_;
  std::mutex mutex_;  // one change at a time
  // Orders the rows of the catalog, and names clones. Not of the engine's counter: that one belongs
  // to who holds the write gate, who may take numbers back.
  uint64_t next_version_ = 0;

  std::mutex sweep_mutex_;
  std::condition_variable wake_;
  std::chrono::steady_clock::time_point sweep_at_;
  bool stopping_ = false;
  std::thread sweeper_;
};

// Gives the table of theflash_snapshots that keeps `database`.`table` in a snapshot.
// Errors: TF_NOT_FOUND where the snapshot is not there or has expired, or lacks the table.
std::string FindInSnapshot(Connection& connection, const std::string& snapshot,
                           const std::string& database, const std::string& table);

}  // namespace theflash

#endif  // THEFLASH_STORE_SNAPSHOTS_H_
