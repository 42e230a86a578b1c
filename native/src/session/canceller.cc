#include "session/canceller.h"

#include <chrono>

#include "base/status.h"

namespace theflash {
namespace {

constexpr std::chrono::milliseconds kRepeatEvery(20);

}  // namespace

Canceller::Canceller(const std::vector<std::string>& arguments)
    : connection_(arguments, "theflash-canceller"), thread_([this] { Loop(); }) {}

Canceller::~Canceller() { Shutdown(); }

void Canceller::Shutdown() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  connection_.Close();
}

void Canceller::Start(const std::string& tag) {
  const std::lock_guard lock(mutex_);
  tags_.insert(tag);
  changed_.notify_all();
}

void Canceller::Stop(const std::string& tag) {
  std::unique_lock lock(mutex_);
  tags_.erase(tag);
  changed_.wait(lock, [this] { return !killing_; });
}

void Canceller::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !tags_.empty(); });
    if (closing_) return;
    std::string sql = "KILL QUERY WHERE Settings['" + std::string(kTagSetting) + "'] IN (";
    for (const std::string& tag : tags_) sql += "'" + tag + "',";
    sql.back() = ')';
    killing_ = true;
    lock.unlock();
    try {
      connection_.Execute(sql + " ASYNC FORMAT Null");
    } catch (const Error&) {
      // The query may end while it is being killed; if it did not, the next round tries again.
    }
    lock.lock();
    killing_ = false;
    changed_.notify_all();
    changed_.wait_for(lock, kRepeatEvery, [this] { return closing_; });
  }
}

}  // namespace theflash
