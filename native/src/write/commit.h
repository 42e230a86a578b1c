// The one way in which staged rows become visible.
#ifndef THEFLASH_WRITE_COMMIT_H_
#define THEFLASH_WRITE_COMMIT_H_

#include <string_view>
#include <vector>

#include "engine.h"
#include "store/ledger.h"

namespace theflash {

// Makes the rows of all `staged` tables visible at once, durably, together with the checkpoint of
// `source`; then drops `made`, all tables that were staged on the way. The caller holds the write
// gate.
//
// Errors: as the engine gives them; nothing is applied then, and `made` are the caller's to drop.
// A failure after the commit itself is none: the rows are visible, and the next writer, reader or
// open tidies up.
void CommitStaged(Engine& engine, const std::vector<Staged>& staged,
                  const std::vector<Staged>& made, std::string_view source,
                  std::string_view checkpoint);

}  // namespace theflash

#endif  // THEFLASH_WRITE_COMMIT_H_
