// ClickHouse's accounting of each thread's time in the kernel.
#ifndef THEFLASH_SESSION_THREAD_ACCOUNTING_H_
#define THEFLASH_SESSION_THREAD_ACCOUNTING_H_

#include <string>
#include <vector>

namespace theflash {

// Has ClickHouse find, for the life of the process, that there is no accounting of threads. Comes
// after a first connection of these arguments, and before its first query.
//
// At the first query of a process ClickHouse looks (stat) for /proc/thread-self/schedstat. In a
// sandbox it sees the file and can't open it: each thread of each query would throw an exception,
// which makes SELECT 1 a quarter slower. Below /proc nothing can be allowed instead: the memory and
// the environment of the process lie beside that file. So the first query is one that fails, on a
// thread to which the kernel says that there is no file.
//
// Where ClickHouse does it otherwise one day, that quarter is lost and nothing else.
void ForgoThreadAccounting(std::vector<std::string> arguments);

}  // namespace theflash

#endif  // THEFLASH_SESSION_THREAD_ACCOUNTING_H_
