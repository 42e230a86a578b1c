#include "write/commit.h"

#include <mutex>

#include "base/failpoint.h"
#include "base/status.h"

namespace theflash {

void CommitStaged(Engine& engine, const std::vector<Staged>& staged,
                  const std::vector<Staged>& made, std::string_view source,
                  std::string_view checkpoint) {
  FailPoint("before-commit-record");
  const std::lock_guard not_cut_short(engine.commit_mutex());
  if (engine.closing()) throw Error(TF_CANCELLED, "the engine was closed");
  const uint64_t commit_id = engine.versions().Reserve(1);
  engine.ledger().Keep(staged);
  FailPoint("after-direct-rows");
  {
    const std::lock_guard alone(engine.visibility());
    try {
      engine.ledger().Record(commit_id, source, checkpoint, staged);
      FailPoint("after-commit-record");
      engine.ledger().Publish(staged);
      FailPoint("after-publish");
    } catch (...) {
      // It is not known how far it came. Recover finds out, and either carries the commit out or
      // drops it; while it can't, readers are locked out.
      engine.set_half_committed(true);
      const bool recorded = engine.RecoverCommit(commit_id);
      if (!recorded) throw;
    }
    engine.versions().Settle();
  }
  try {
    engine.ledger().Drop(made);
  } catch (const Error&) {
    // The rows are there all the same. What is left would be attached again by an open after a
    // crash, even after a TRUNCATE: so the next write tidies up before it begins.
    engine.set_untidy();
  }
}

}  // namespace theflash
