// A gate that one at a time may hold, and that can be shut for good.
#ifndef THEFLASH_STORE_GATE_H_
#define THEFLASH_STORE_GATE_H_

#include <condition_variable>
#include <mutex>

#include "base/status.h"

namespace theflash {

// Unlike a mutex, it may be left by another thread than the one that entered: a batch is a handle,
// and its calls come from any thread.
class Gate {
 public:
  // Waits until the gate is free. Throws TF_CANCELLED once it is shut.
  void Enter() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return shut_ || !held_; });
    if (shut_) throw Error(TF_CANCELLED, "the engine was closed");
    held_ = true;
  }
  void Leave() {
    const std::lock_guard guard(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void Shut() {
    const std::lock_guard guard(mutex_);
    shut_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool shut_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_GATE_H_
