#include "session/thread_accounting.h"

#include <mutex>

#include "sandbox/sandbox.h"
#include "sandbox/syscall_filter.h"
#include "session/chdb_abi.h"
#include "session/worker.h"

namespace theflash {
namespace {

void AskOnce(std::vector<std::string>& arguments) {
  arguments.insert(arguments.begin(), "theflash");
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  Worker worker;
  worker.Run([&] {
    EnterSandbox();
    chdb_connection* handle = chdb_connect(static_cast<int>(argv.size()), argv.data());
    if (handle == nullptr || *handle == nullptr) return;
    if (LayStatFilter() == 0) {
      // It fails before it starts threads, which would take the filter over.
      constexpr std::string_view kNothing = "SELECT no_such_column";
      constexpr std::string_view kFormat = "Null";
      chdb_destroy_query_result(
          chdb_query_n(*handle, kNothing.data(), kNothing.size(), kFormat.data(), kFormat.size()));
    }
    chdb_close_conn(handle);
  });
}

}  // namespace

void ForgoThreadAccounting(std::vector<std::string> arguments) {
  static std::once_flag once;
  if (HasSandbox()) std::call_once(once, [&] { AskOnce(arguments); });
}

}  // namespace theflash
