#include "session/worker.h"

#include <cstddef>

#include "base/status.h"

namespace theflash {
namespace {

constexpr size_t kStackBytes = 16U << 20U;

}  // namespace

Worker::Worker() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const int failed = pthread_create(&thread_, &attributes, &Worker::Main, this);
  pthread_attr_destroy(&attributes);
  if (failed != 0) throw SystemError(failed, "starting a thread for", "the engine");
}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  pthread_join(thread_, nullptr);
}

void Worker::Add(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void* Worker::Main(void* self) {
  pthread_setname_np(pthread_self(), "tf-worker");
  static_cast<Worker*>(self)->Loop();
  return nullptr;
}

void Worker::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace theflash
