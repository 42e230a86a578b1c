// The engine's one counter of row versions.
#ifndef THEFLASH_STORE_VERSIONS_H_
#define THEFLASH_STORE_VERSIONS_H_

#include <cstdint>
#include <limits>
#include <mutex>

#include "session/connection.h"

namespace theflash {

// Gives versions that rise strictly, over restarts and crashes too. It reserves them in blocks: the
// end of a block is durable (theflash.versions) before a version of it is given out, and an open
// starts after the last block. That costs one small insert an open that writes, where asking all
// tables for their highest version would read a column of each; and no version is ever given twice,
// not even one that was lost before it reached a table.
class Versions {
 public:
  // The highest version that may be taken over from elsewhere: half of them stay for later writes.
  static constexpr uint64_t kForeignMax = std::numeric_limits<uint64_t>::max() / 2;

  // `connection` must outlive this. The tables of the ledger must exist.
  explicit Versions(Connection* connection);

  // The first of `count` versions. Errors: TF_INVALID when none are left.
  uint64_t Reserve(uint64_t count);

  // Takes back the end of the last reservation, from `first_unused` on: for a writer that knew only
  // a bound of what it needs. Nothing may have been reserved since.
  void GiveBack(uint64_t first_unused);

  // Makes later versions higher than `version`, which came from elsewhere (IMPORT, RESTORE);
  // durably, when it returns.
  void RaiseAbove(uint64_t version);

  // The version that the next Reserve would give.
  uint64_t next();

  // Says that of all versions that were reserved the rows can be seen by now, or never will be. For
  // who holds the write gate, at a moment when no reader is between two states of its rows.
  void Settle();

  // The version up to which all rows can be seen that ever will be; what is seen has no higher one.
  // That holds for who keeps out both a commit (shared visibility) and a write of one part
  // (Engine::WriteAtOnce).
  uint64_t settled();

 private:
  void Store(uint64_t needed);

  Connection* connection_;
  std::mutex mutex_;
  uint64_t next_ = 0;
  uint64_t ceiling_ = 0;  // versions below it may be given out
  uint64_t settled_ = 0;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_VERSIONS_H_
