// An open engine: what tf_engine stands for.
#ifndef THEFLASH_ENGINE_H_
#define THEFLASH_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "folder/folder.h"
#include "folder/roles.h"
#include "session/canceller.h"
#include "session/connection_pool.h"
#include "sql/print_cache.h"
#include "sql/rewrite.h"
#include "store/change_feeds.h"
#include "store/gate.h"
#include "store/ledger.h"
#include "store/snapshots.h"
#include "store/staged_shape.h"
#include "store/versions.h"
#include "store/visibility.h"

namespace theflash {

// Owns the folder and all connections, and holds the locks that scans and batches agree on:
//   write gate   one batch, or one statement that writes mutable tables or changes tables, at a
//   time:
//                so the order of versions is the order of commits
//   visibility   see visibility.h
// taken in this order. Scans and batches share ownership, so that a handle may outlive
// tf_engine_close; its calls then throw TF_CANCELLED.
class Engine {
 public:
  static std::shared_ptr<Engine> Open(std::string_view folder, const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Cancels what runs and closes every connection; a commit under way is waited for. Idempotent.
  void Close();
  bool closing() const { return closing_; }

  std::optional<std::string> ReadCheckpoint(std::string_view source);

  // Runs `read` under the shared visibility lock, when no commit is half carried out. Throws
  // TF_CANCELLED where `cancelled` holds before the lock is had: see Visibility::Wake. A `reader`
  // comes with `cancelled`.
  template <typename Read>
  auto WithVisibility(Read read, const std::atomic<bool>* cancelled = nullptr,
                      Visibility::Reader* reader = nullptr) {
    while (true) {
      {
        const SharedVisibility lock(visibility_, cancelled, reader);
        if (!half_committed_) return read();
      }
      FinishCommit();
    }
  }

  // Carries out a commit that failed half-way, and tidies up after it. Errors: as the engine gives
  // them; where it is half-way, readers then stay locked out, since they would see half of a batch.
  void FinishCommit();

  // Called by who has entered the write gate, before anything is written: does what an earlier
  // write left undone. Begins no sooner than a snapshot that is being made is done.
  void PrepareWrite();

  // Runs `bring`, which puts rows with versions of their own into tables, and moves the counter
  // past them. Where that is cut short, the next write or the next open does it.
  template <typename Bring>
  auto WithForeignVersions(Bring bring) {
    ExpectForeignVersions();
    auto result = bring();
    PassForeignVersions();
    return result;
  }

  // Of scans and statements.
  ConnectionPool& pool() { return *pool_; }
  // Of who holds the write gate, and of commits: whoever waits for one here holds up no scan.
  ConnectionPool& writers() { return *writers_; }
  Canceller& canceller() { return *canceller_; }
  Gate& write_gate() { return write_gate_; }
  Visibility& visibility() { return visibility_; }
  Versions& versions() { return *versions_; }
  Ledger& ledger() { return *ledger_; }
  Snapshots& snapshots() { return *snapshots_; }
  // Opens the write gate again: whatever its holder reserved and did not make visible is lost.
  void LeaveWrite();
  // Runs `write`, which makes rows visible by itself, for who holds the write gate. No snapshot is
  // made meanwhile.
  template <typename Write>
  auto WriteAtOnce(Write write) {
    const std::lock_guard lock(snapshot_mutex_);
    const Settled settled(*versions_);
    return write();
  }
  // For who holds the write gate, before rows of a table go or change without a version of their
  // own, or come with one that others gave: its changes begin anew. An empty name stands for all.
  void CutChanges(const std::string& database, const std::string& table, std::string_view reason);
  // Carries out CREATE, ALTER or DROP SNAPSHOT.
  void ChangeSnapshot(const sql::SnapshotChange& change);
  StagedShapes& staged_shapes() { return staged_shapes_; }
  sql::PrintCache& prints() { return prints_; }
  const Options& options() const { return options_; }
  // Outside of the engine folder, for backups and file(): see AllowedFolders.
  const std::vector<std::string>& folders() const { return folders_; }
  // What constraints hold, in order.
  const std::vector<std::string>& const_settings() const { return const_settings_; }
  // Makes a connection of the pool run what follows with the rights of a role, until its Reset.
  // Errors: TF_INVALID where `rights` of the options gives it none.
  void EnterRole(Connection& connection, std::string_view role) const;
  const sql::RoleRules& role_rules() const { return role_rules_; }
  // A name that is free in the folder, within the engine's reach, for a pipe that lives as long as
  // a query. What a killed process left there goes with the next open.
  std::string NewPipePath();
  // Has Close call `stop` for what the engine could wait for: until Forget, which waits for a call
  // of it under way.
  uint64_t StopOnClose(std::function<void()> stop);
  void Forget(uint64_t stop_id);
  // Held for as long as a commit must not be cut short by Close.
  std::mutex& commit_mutex() { return commit_mutex_; }
  // Half-way: recorded but not wholly published, or not known to be.
  void set_half_committed(bool half) { half_committed_ = half; }
  bool half_committed() const { return half_committed_; }
  // Published, but its staged tables are still there: to be dropped before the next write.
  void set_untidy() { untidy_ = true; }
  // Under the exclusive visibility lock: brings a commit that failed to one end or the other, and
  // says whether it is applied. Throws what stands in the way; readers then stay locked out.
  bool RecoverCommit(uint64_t commit_id);

 private:
  struct SharedVisibility {
    SharedVisibility(Visibility& v, const std::atomic<bool>* cancelled, Visibility::Reader* r)
        : visibility(v), reader(r) {
      if (cancelled == nullptr) {
        visibility.lock_shared();
      } else if (!visibility.LockSharedUnless(*cancelled, reader)) {
        throw Error(TF_CANCELLED, "cancelled before its turn to read came");
      }
    }
    ~SharedVisibility() { visibility.unlock_shared(reader); }
    SharedVisibility(const SharedVisibility&) = delete;
    SharedVisibility& operator=(const SharedVisibility&) = delete;
    Visibility& visibility;
    Visibility::Reader* const reader;
  };

  struct Settled {
    explicit Settled(Versions& v) : versions(v) {}
    ~Settled() { versions.Settle(); }
    Settled(const Settled&) = delete;
    Settled& operator=(const Settled&) = delete;
    Versions& versions;
  };

  Engine(std::string_view folder, const Options& options);
  void Start();
  void FindConstSettings();
  // Calls `use` with the folder, which Close gives up to others: TF_CANCELLED after that.
  template <typename Use>
  auto WithFolder(Use use) {
    const std::lock_guard lock(folder_mutex_);
    if (!folder_) throw Error(TF_CANCELLED, "the engine was closed");
    return use(*folder_);
  }
  void ExpectForeignVersions();
  void PassForeignVersions();

  const Options options_;
  std::mutex folder_mutex_;
  std::unique_ptr<Folder> folder_;
  Gate write_gate_;
  Visibility visibility_;
  StagedShapes staged_shapes_;
  sql::PrintCache prints_;
  std::atomic<bool> closing_ = false;
  std::atomic<bool> half_committed_ = false;
  std::atomic<bool> untidy_ = false;
  std::atomic<bool> foreign_versions_ =
      false;  // rows may have higher versions than the counter knows of
  std::mutex commit_mutex_;
  std::mutex close_mutex_;
  std::atomic<uint64_t> pipes_ = 0;
  std::mutex stops_mutex_;
  uint64_t last_stop_ = 0;
  std::map<uint64_t, std::function<void()>> stops_;
  bool closed_ = false;
  std::vector<std::string> arguments_;
  std::vector<std::string> folders_;
  std::vector<std::string> const_settings_;
  std::vector<Right> rights_;
  std::vector<std::string> table_functions_;
  sql::RoleRules role_rules_{&table_functions_, &OpenSystemTables()};
  std::unique_ptr<Connection> control_;  // for ledger and versions
  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<ConnectionPool> writers_;
  std::unique_ptr<Canceller> canceller_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Versions> versions_;
  std::mutex snapshot_mutex_;  // after the write gate, before visibility
  std::unique_ptr<ChangeFeeds> feeds_;
  std::unique_ptr<Snapshots> snapshots_;
};

}  // namespace theflash

#endif  // THEFLASH_ENGINE_H_
