// A write batch: what tf_batch stands for.
#ifndef THEFLASH_WRITE_BATCH_H_
#define THEFLASH_WRITE_BATCH_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine.h"
#include "store/staging.h"

namespace theflash {

// Holds the write gate from its making to Close. Rows go to fresh tables of the staging database
// first, so that memory is bounded by the pieces in hand, and few rows of a table into memory
// (kDirectBatchBytesMax in all); Commit hands them to the ledger. Appends
// to different tables may run at once; every other call has the batch for itself.
class Batch {
 public:
  explicit Batch(std::shared_ptr<Engine> engine);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  uint64_t Reserve(uint64_t count);
  void Append(std::string_view database, std::string_view table,
              std::span<const uint8_t> arrow_stream);
  void Commit(std::string_view source, std::string_view checkpoint);

  // Drops what was not committed and opens the gate. Idempotent.
  void Close();

 private:
  enum class State { kOpen, kFailed, kCommitted, kClosed };

  // A table's rows, from the first append on.
  struct Target {
    Staged staged;
    std::mutex mutex;  // one append at a time
    std::optional<StagingTable> table;
  };

  void RequireOpen() const;
  template <typename Step>
  void RunAlone(Step step);
  Target& BeginAppend(std::string_view database, std::string_view table);
  void EndAppend(bool failed);
  void RefuseUnreserved(Connection& connection);

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;
  std::condition_variable append_ended_;
  size_t appending_ = 0;
  State state_ = State::kOpen;
  uint64_t id_ = 0;
  DirectBudget direct_budget_{kDirectBatchBytesMax};
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Target>> targets_;
};

}  // namespace theflash

#endif  // THEFLASH_WRITE_BATCH_H_
