// A write batch: what tf_batch stands for.
#ifndef THEFLASH_BATCH_H_
#define THEFLASH_BATCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine.h"
#include "staging.h"

namespace theflash {

// Holds the write gate from its making to Close. Rows go to fresh tables of the staging database
// first, so that memory is bounded by one piece; Commit hands them to the ledger.
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

  template <typename Step>
  auto InState(Step step);
  StagingTable& TableFor(std::string_view database, std::string_view table);
  void RefuseUnreserved();

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;  // one call at a time
  State state_ = State::kOpen;
  Lease connection_;
  uint64_t id_ = 0;
  std::map<std::pair<std::string, std::string>, StagingTable> tables_;
};

}  // namespace theflash

#endif  // THEFLASH_BATCH_H_
