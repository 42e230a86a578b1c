// A thread with a stack of its own on which engine calls run.
#ifndef THEFLASH_WORKER_H_
#define THEFLASH_WORKER_H_

#include <pthread.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

namespace theflash {

// ClickHouse measures how much stack is left by the bounds of the thread's own stack, and refuses
// to work (code 306) on a foreign one, such as koffi's. So every call of libchdb goes through a
// Worker. Calls are serialised; Run blocks until the call is done.
class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `task` on the worker's thread. What it throws is thrown here.
  void Run(const std::function<void()>& task);

 private:
  static void* Main(void* self);
  void Loop();

  pthread_t thread_{};
  std::mutex run_mutex_;  // held by the one caller whose task is in hand
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;
  std::exception_ptr failure_;
  bool done_ = false;
  bool stopping_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_WORKER_H_
