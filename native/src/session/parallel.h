// Calls to the engine that do not depend on each other, run at once.
#ifndef THEFLASH_SESSION_PARALLEL_H_
#define THEFLASH_SESSION_PARALLEL_H_

#include <cstddef>
#include <functional>
#include <string_view>

#include "session/connection_pool.h"

namespace theflash {

// Calls `run` for each number below `count`, on connections of `pool`, several at a time: most of
// their time they wait for the disk. A process that `fail_point` names ends after one of them.
// Errors: the first one, when all that were begun have ended; others are then not begun.
void RunAll(ConnectionPool& pool, size_t count, const std::function<void(Connection&, size_t)>& run,
            std::string_view fail_point);

}  // namespace theflash

#endif  // THEFLASH_SESSION_PARALLEL_H_
