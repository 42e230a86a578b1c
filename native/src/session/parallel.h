// Statements that do not depend on each other, run at once.
#ifndef THEFLASH_SESSION_PARALLEL_H_
#define THEFLASH_SESSION_PARALLEL_H_

#include <string>
#include <string_view>
#include <vector>

#include "session/connection_pool.h"

namespace theflash {

// Runs statements on connections of `pool`, several at a time: most of their time they wait for the
// disk. A process that `fail_point` names ends after one of them.
// Errors: the first one, when all that were begun have ended; others are then not begun.
void RunAll(ConnectionPool& pool, const std::vector<std::string>& statements,
            std::string_view fail_point);

}  // namespace theflash

#endif  // THEFLASH_SESSION_PARALLEL_H_
