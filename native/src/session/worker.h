// A thread with a stack of its own on which engine calls run.
#ifndef THEFLASH_SESSION_WORKER_H_
#define THEFLASH_SESSION_WORKER_H_

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace theflash {

// ClickHouse measures how much stack is left by the bounds of the thread's own stack, and refuses
// to work (code 306) on a foreign one, such as koffi's. So every call of libchdb goes through a
// Worker. Tasks run one after the other, in the order of their calls.
class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `task` on the worker's thread and gives its result. What it throws is thrown here.
  template <typename Task>
  auto Run(Task task) {
    return Start(std::move(task)).get();
  }

  // The same without waiting.
  template <typename Task>
  std::future<std::invoke_result_t<Task>> Start(Task task) {
    using Packaged = std::packaged_task<std::invoke_result_t<Task>()>;
    const auto packaged = std::make_shared<Packaged>(std::move(task));
    auto result = packaged->get_future();
    Add([packaged] { (*packaged)(); });
    return result;
  }

 private:
  static void* Main(void* self);
  void Loop();
  void Add(std::function<void()> task);

  pthread_t thread_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_SESSION_WORKER_H_
