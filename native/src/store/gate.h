// A gate that one at a time may hold, and that can be shut for good.
#ifndef THEFLASH_STORE_GATE_H_
#define THEFLASH_STORE_GATE_H_

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/status.h"

namespace theflash {

// Unlike a mutex, it may be left by another thread than the one that entered: a batch is a handle,
// and its calls come from any thread.
class Gate {
 public:
  // Waits until the gate is free. Throws TF_CANCELLED once it is shut, and where `cancelled` holds,
  // which is looked at before each wait and after Wake.
  void Enter(const std::atomic<bool>* cancelled = nullptr) {
    std::unique_lock guard(mutex_);
    const auto gives_up = [&] { return cancelled != nullptr && *cancelled; };
    changed_.wait(guard, [&] { return shut_ || gives_up() || !held_; });
    if (shut_) throw Error(TF_CANCELLED, "the engine was closed");
    if (gives_up()) throw Error(TF_CANCELLED, "cancelled before its turn to write came");
    held_ = true;
  }
  // Has those who wait look whether they were cancelled.
  void Wake() {
    const std::lock_guard guard(mutex_);
    changed_.notify_all();
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
