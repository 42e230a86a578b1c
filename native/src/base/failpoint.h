// Places where a test can kill or stop the process, or have a step fail, to prove that a crash, a
// full disk or a failure there loses nothing.
#ifndef THEFLASH_BASE_FAILPOINT_H_
#define THEFLASH_BASE_FAILPOINT_H_

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/status.h"

namespace theflash {

// Does to the process what the environment variable THEFLASH_FAILPOINT says, where it names this
// place: "place" kills it with SIGKILL; "stop:place" stops it there once, with SIGSTOP, so that the
// test can change the world around it and go on with SIGCONT; "fail:place" throws, as a step would
// that has taken effect and failed all the same. Kept in every build: tests run on the very library
// that is shipped.
inline void FailPoint(std::string_view place) {
  constexpr std::string_view kStop = "stop:";
  constexpr std::string_view kFail = "fail:";
  const char* value = std::getenv("THEFLASH_FAILPOINT");
  if (value == nullptr) return;
  const std::string_view wanted = value;
  if (!wanted.ends_with(place)) return;
  const std::string_view action = wanted.substr(0, wanted.size() - place.size());
  if (action.empty()) std::raise(SIGKILL);
  if (action == kFail) throw Error(TF_ENGINE, "a test has this fail: " + std::string(place));
  if (action != kStop) return;
  static std::atomic_flag stopped;
  // To this thread, which goes no further; by kill another one may take it while this one runs on.
  if (!stopped.test_and_set()) std::raise(SIGSTOP);
}

}  // namespace theflash

#endif  // THEFLASH_BASE_FAILPOINT_H_
