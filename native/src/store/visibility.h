// The lock that makes a batch appear at once.
#ifndef THEFLASH_STORE_VISIBILITY_H_
#define THEFLASH_STORE_VISIBILITY_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

namespace theflash {

// Scans hold it shared while they plan, which pins the parts they will read; a batch holds it alone
// while it attaches its parts. A waiting batch goes first: else a steady flow of scans would keep
// it out for ever, as std::shared_mutex of libstdc++ allows. Meets the SharedLockable requirements.
class Visibility {
 public:
  using Clock = std::chrono::steady_clock;
  // How long a reader may hold the lock before a batch that waits has it let go; and how often such
  // a batch looks. Many readers at once on few processors take longer than one, and need their
  // time.
  static constexpr std::chrono::milliseconds kPatience{300};
  static constexpr std::chrono::milliseconds kLookEvery{50};

  // A reader that can let go early.
  class Reader {
   public:
    // `interrupt` is called once at most, on another thread, while the lock is held: it must not
    // wait.
    explicit Reader(std::function<void()> interrupt) : interrupt_(std::move(interrupt)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    bool interrupted() const { return interrupted_; }

   private:
    friend class Visibility;
    std::function<void()> interrupt_;
    Clock::time_point since_;  // it has the lock
    std::atomic<bool> interrupted_ = false;
  };

  void lock() {
    std::unique_lock guard(mutex_);
    ++waiting_;
    const auto is_free = [this] { return !alone_ && shared_ == 0; };
    while (!changed_.wait_for(guard, kLookEvery, is_free)) {
      const Clock::time_point since_max = Clock::now() - kPatience;
      for (Reader* const reader : readers_) {
        if (reader->since_ > since_max) continue;
        if (!reader->interrupted_.exchange(true)) reader->interrupt_();
      }
    }
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
  [[nodiscard]] bool LockSharedUnless(const std::atomic<bool>& cancelled,
                                      Reader* reader = nullptr) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return cancelled || (!alone_ && waiting_ == 0); });
    if (cancelled) return false;
    ++shared_;
    if (reader != nullptr) {
      reader->since_ = Clock::now();
      readers_.insert(reader);
    }
    return true;
  }
  // Has those who wait look whether they were cancelled.
  void Wake() {
    const std::lock_guard guard(mutex_);
    changed_.notify_all();
  }
  // After that a `reader` is not interrupted any more.
  void unlock_shared(Reader* reader = nullptr) {
    const std::lock_guard guard(mutex_);
    readers_.erase(reader);
    if (--shared_ == 0) changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int shared_ = 0;
  std::set<Reader*> readers_;  // those among who share that can be interrupted
  int waiting_ = 0;
  bool alone_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_VISIBILITY_H_
