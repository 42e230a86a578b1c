#include "session/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "base/failpoint.h"

namespace theflash {

void RunAll(ConnectionPool& pool, const std::vector<std::string>& statements,
            std::string_view fail_point) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    try {
      const Lease connection = pool.Take();
      for (size_t index = next++; index < statements.size(); index = next++) {
        connection->Execute(statements[index]);
        FailPoint(fail_point);
      }
    } catch (...) {
      next = statements.size();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    // This thread takes its part.
    std::vector<std::jthread> others;
    const size_t threads = std::min(statements.size(), pool.connections_max());
    while (others.size() + 1 < threads) others.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace theflash
