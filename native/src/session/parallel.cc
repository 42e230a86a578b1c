#include "session/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/failpoint.h"

namespace theflash {

void RunAll(ConnectionPool& pool, size_t count, const std::function<void(Connection&, size_t)>& run,
            std::string_view fail_point) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      const Lease connection = pool.Take();
      for (size_t index = next++; index < count; index = next++) {
        run(*connection, index);
        FailPoint(fail_point);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    // This thread takes its part.
    std::vector<std::jthread> others;
    const size_t threads = std::min(count, pool.connections_max());
    while (others.size() + 1 < threads) others.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace theflash
