// The lock that makes a batch appear at once.
#ifndef THEFLASH_STORE_VISIBILITY_H_
#define THEFLASH_STORE_VISIBILITY_H_

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace theflash {

// Scans hold it shared while they plan, which pins the parts they will read; a batch holds it alone
// while it attaches its parts. A waiting batch goes first: else a steady flow of scans would keep
// it out for ever, as std::shared_mutex of libstdc++ allows. Meets the SharedLockable requirements.
class Visibility {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    ++waiting_;
    changed_.wait(guard, [this] { return !alone_ && shared_ == 0; });
    --waiting_;
    alone_ = true;
  }
  void unlock() {
    const std::lock_guard guard(mutex_);
    alone_ = false;
    changed_.notify_all();
  }
  void lock_shared() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return !alone_ && waiting_ == 0; });
    ++shared_;
  }
  // The same, and false without the lock where `cancelled` holds, which is looked at before each
  // wait and after Wake.
  [[nodiscard]] bool LockSharedUnless(const std::atomic<bool>& cancelled) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return cancelled || (!alone_ && waiting_ == 0); });
    if (cancelled) return false;
    ++shared_;
    return true;
  }
  // Has those who wait look whether they were cancelled.
  void Wake() {
    const std::lock_guard guard(mutex_);
    changed_.notify_all();
  }
  void unlock_shared() {
    const std::lock_guard guard(mutex_);
    if (--shared_ == 0) changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int shared_ = 0;
  int waiting_ = 0;
  bool alone_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_VISIBILITY_H_
