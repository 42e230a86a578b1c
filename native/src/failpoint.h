// Places where a test can kill the process, to prove that a crash there loses nothing.
#ifndef THEFLASH_FAILPOINT_H_
#define THEFLASH_FAILPOINT_H_

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace theflash {

// Kills the process with SIGKILL where the environment variable THEFLASH_FAILPOINT names this
// place. Kept in every build: tests run on the very library that is shipped.
inline void FailPoint(std::string_view place) {
  const char* wanted = std::getenv("THEFLASH_FAILPOINT");
  if (wanted != nullptr && place == wanted) std::raise(SIGKILL);
}

}  // namespace theflash

#endif  // THEFLASH_FAILPOINT_H_
