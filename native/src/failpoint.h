// Places where a test can kill or stop the process, to prove that a crash or a full disk there
// loses nothing.
#ifndef THEFLASH_FAILPOINT_H_
#define THEFLASH_FAILPOINT_H_

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace theflash {

// Kills the process with SIGKILL where the environment variable THEFLASH_FAILPOINT names this
// place; "stop:" before the name stops it there once, with SIGSTOP, so that the test can change the
// world around it and go on with SIGCONT. Kept in every build: tests run on the very library that
// is shipped.
inline void FailPoint(std::string_view place) {
  constexpr std::string_view kStop = "stop:";
  const char* value = std::getenv("THEFLASH_FAILPOINT");
  if (value == nullptr) return;
  const std::string_view wanted = value;
  if (wanted == place) std::raise(SIGKILL);
  if (!wanted.starts_with(kStop) || wanted.substr(kStop.size()) != place) return;
  static std::atomic_flag stopped;
  if (!stopped.test_and_set()) kill(getpid(), SIGSTOP);
}

}  // namespace theflash

#endif  // THEFLASH_FAILPOINT_H_
