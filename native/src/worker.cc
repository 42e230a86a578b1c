#include "worker.h"

#include <cstddef>
#include <utility>

#include "status.h"

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

void Worker::Run(const std::function<void()>& task) {
  const std::lock_guard only_caller(run_mutex_);
  std::unique_lock lock(mutex_);
  task_ = &task;
  done_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return done_; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void* Worker::Main(void* self) {
  static_cast<Worker*>(self)->Loop();
  return nullptr;
}

void Worker::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || task_ != nullptr; });
    if (task_ == nullptr) return;
    const std::function<void()>* task = std::exchange(task_, nullptr);
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*task)();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    done_ = true;
    changed_.notify_all();
  }
}

}  // namespace theflash
