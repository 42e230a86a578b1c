#include "engine.h"

#include <unistd.h>

#include <mutex>

#include "base/failpoint.h"
#include "base/status.h"
#include "folder/broken_parts.h"
#include "folder/folder_format.h"
#include "folder/overlay.h"
#include "sandbox/sandbox.h"
#include "session/chdb_abi.h"
#include "session/thread_accounting.h"

namespace theflash {
namespace {

constexpr double kMemoryShare = 0.7;

// Tables of a batch that are worked on at once: they wait for the disk more than they compute.
constexpr size_t kWritersMax = 4;

// In the folder while rows may have higher versions than the counter knows of.
constexpr std::string_view kForeignVersions = "foreign-versions";

constexpr std::string_view kForeignReason = "RESTORE, or an open of a folder with broken parts";

// In the engine's own folder: see direct_rows.h.
constexpr std::string_view kDirectRows = "direct-rows";

// In the engine's own folder: what queries write their results into.
constexpr std::string_view kPipes = "pipes";

// libchdb has one data path a process.
std::mutex open_folder_mutex;
std::string& OpenFolder() {
  // Never destroyed: handles may be closed while the process exits.
  static auto* const folder = new std::string();
  return *folder;
}

uint64_t MachineMemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::shared_ptr<Engine> Engine::Open(std::string_view folder, const Options& options) {
  const std::lock_guard lock(open_folder_mutex);
  if (!OpenFolder().empty()) {
    throw Error(TF_IN_USE, "this process already has the engine in " + OpenFolder() + " open",
                "A process opens one engine folder at a time: close the other one first.");
  }
  std::shared_ptr<Engine> engine(new Engine(folder, options));
  try {
    engine->Start();
  } catch (...) {
    engine->closed_ = true;  // the members close themselves
    throw;
  }
  OpenFolder() = engine->folder_->path();
  return engine;
}

Engine::Engine(std::string_view folder, const Options& options)
    : options_(options), folder_(std::make_unique<Folder>(folder, options.create)) {}

Engine::~Engine() { Close(); }

void Engine::Start() {
  chdb_set_signal_handlers_enabled(0);
  const uint64_t memory =
      options_.memory_bytes_max != 0
          ? options_.memory_bytes_max
          : static_cast<uint64_t>(kMemoryShare * static_cast<double>(MachineMemoryBytes()));
  for (const std::string& right : options_.rights) rights_.push_back(ParseRight(right));
  if (!rights_.empty() && options_.allow_external) {
    throw Error(TF_INVALID, "with allow_external there are no roles with fewer rights",
                "Leave allow_external out, or the rights.");
  }
  FolderFormat format(*folder_);
  folder_->EmptyFolder(kPipes);
  folders_ = AllowedFolders(options_);
  SettleSandbox(folder_->path(), options_);
  arguments_ = {
      "--path=" + folder_->path(),
      "--config-file=" +
          WriteOverlay(*folder_, {options_.allow_external, folders_, HasSandbox(), rights_}),
      "--max_server_memory_usage=" + std::to_string(memory),
      "--output_format_arrow_compression_method=none",
  };
  if (options_.query_memory_bytes_max != 0) {
    arguments_.push_back(std::string(kMemoryArgument) +
                         std::to_string(options_.query_memory_bytes_max));
  }
  control_ = std::make_unique<Connection>(arguments_, "theflash-control");
  ForgoThreadAccounting(arguments_);
  FindConstSettings();
  if (!rights_.empty()) {
    for (auto& row : control_->Rows("SELECT name FROM system.table_functions")) {
      table_functions_.push_back(std::move(row.at(0)));
    }
  }
  writers_ = std::make_unique<ConnectionPool>(arguments_, "theflash-writer", kWritersMax);
  ledger_ = std::make_unique<Ledger>(control_.get(), writers_.get(), folder_->OwnPath(kDirectRows));
  if (!options_.allow_broken) RefuseBrokenParts(*control_, *ledger_, folder_->path());
  ledger_->Recover();
  format.Upgrade(*control_);
  versions_ = std::make_unique<Versions>(control_.get());
  feeds_ = std::make_unique<ChangeFeeds>(control_.get());
  // The counter's own table may be among the broken ones.
  foreign_versions_ = options_.allow_broken || folder_->HasFile(kForeignVersions);
  PassForeignVersions();
  snapshots_ = std::make_unique<Snapshots>(control_.get(), feeds_.get());
  canceller_ = std::make_unique<Canceller>(arguments_);
  pool_ = std::make_unique<ConnectionPool>(arguments_, "theflash", options_.scans_max);
}

// Constraints do not reach into subqueries: the SQL layer looks there. Obsolete settings do
// nothing, and some have the names of settings of tables.
void Engine::FindConstSettings() {
  for (auto& row : control_->Rows(
           "SELECT name FROM system.settings WHERE NOT is_obsolete AND (readonly OR alias_for IN"
           " (SELECT name FROM system.settings WHERE readonly)) ORDER BY name")) {
    const_settings_.push_back(std::move(row.at(0)));
  }
}

void Engine::EnterRole(Connection& connection, std::string_view role) const {
  const bool is_known = std::any_of(rights_.begin(), rights_.end(),
                                    [&](const Right& right) { return right.role == role; });
  if (!is_known) throw Error(TF_INVALID, "there is no role " + std::string(role));
  connection.SetRole(std::string(role));
}

std::optional<std::string> Engine::ReadCheckpoint(std::string_view source) {
  return WithVisibility([&] { return ledger_->ReadCheckpoint(source); });
}

void Engine::ChangeSnapshot(const sql::SnapshotChange& change) {
  switch (change.kind) {
    case sql::SnapshotChange::Kind::kCreate: {
      const std::lock_guard no_write(snapshot_mutex_);
      WithVisibility([&] { snapshots_->Create(change, versions_->settled()); });
      return;
    }
    case sql::SnapshotChange::Kind::kExtend:
      snapshots_->Extend(change);
      return;
    case sql::SnapshotChange::Kind::kDrop:
      snapshots_->Drop(change);
      return;
  }
}

void Engine::LeaveWrite() {
  versions_->Settle();
  write_gate_.Leave();
}

void Engine::CutChanges(const std::string& database, const std::string& table,
                        std::string_view reason) {
  const uint64_t version = versions_->Reserve(1);
  if (table.empty()) {
    feeds_->CutAll(version, reason);
  } else {
    feeds_->Cut(database, table, version, reason);
  }
}

std::string Engine::NewPipePath() {
  return WithFolder([&](const Folder& folder) {
    return folder.OwnPath(std::string(kPipes) + "/" + std::to_string(++pipes_));
  });
}

uint64_t Engine::StopOnClose(std::function<void()> stop) {
  const std::lock_guard lock(stops_mutex_);
  if (closing_) throw Error(TF_CANCELLED, "the engine was closed");
  stops_.emplace(++last_stop_, std::move(stop));
  return last_stop_;
}

void Engine::Forget(uint64_t stop_id) {
  const std::lock_guard lock(stops_mutex_);
  stops_.erase(stop_id);
}

void Engine::PrepareWrite() {
  FinishCommit();
  PassForeignVersions();
}

void Engine::ExpectForeignVersions() {
  CutChanges("", "", kForeignReason);
  WithFolder([](const Folder& folder) { folder.ReplaceFile(kForeignVersions, ""); });
  foreign_versions_ = true;
}

void Engine::PassForeignVersions() {
  if (!foreign_versions_) return;
  FailPoint("before-raise");
  versions_->RaiseAbove(ledger_->NewestVersion());
  CutChanges("", "", kForeignReason);
  versions_->Settle();
  FailPoint("after-raise");
  WithFolder([](const Folder& folder) { folder.RemoveFile(kForeignVersions); });
  foreign_versions_ = false;
}

void Engine::FinishCommit() {
  // Even where nothing is to be done: whoever writes waits here for snapshots that are being made.
  const std::lock_guard lock(visibility_);
  if (!half_committed_ && !untidy_) return;
  ledger_->Recover();
  half_committed_ = false;
  untidy_ = false;
}

bool Engine::RecoverCommit(uint64_t commit_id) {
  const bool is_recorded = ledger_->LastCommitId() == commit_id;
  // Else there is nothing to carry out: a disk that takes no more writes can still be read.
  if (is_recorded) ledger_->Recover();
  half_committed_ = false;
  return is_recorded;
}

void Engine::Close() {
  const std::lock_guard lock(close_mutex_);
  if (closed_) return;
  closed_ = true;
  closing_ = true;
  write_gate_.Shut();
  pool_->Shut();
  // Batches are left to end by themselves; they do not run long, and a killed commit would have to
  // be carried out by the next open.
  const std::lock_guard no_commit(commit_mutex_);
  for (const std::string& tag : pool_->TagsInUse()) canceller_->Start(tag);
  {
    const std::lock_guard stops_lock(stops_mutex_);
    for (const auto& [id, stop] : stops_) stop();
  }
  pool_->Close();
  writers_->Close();
  canceller_->Shutdown();
  snapshots_->Stop();
  control_->Close();
  {
    const std::lock_guard own(folder_mutex_);
    folder_.reset();
  }
  const std::lock_guard folder_lock(open_folder_mutex);
  OpenFolder().clear();
}

}  // namespace theflash
