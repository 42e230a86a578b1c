// Stops running queries.
#ifndef THEFLASH_SESSION_CANCELLER_H_
#define THEFLASH_SESSION_CANCELLER_H_

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "session/connection.h"

namespace theflash {

// libchdb can't interrupt a call that runs on a connection, so another connection kills the query
// by the tag of the first. A kill that comes before the engine has listed the query is lost: so it
// is repeated until the call is back.
class Canceller {
 public:
  explicit Canceller(const std::vector<std::string>& arguments);
  ~Canceller();
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  // Kills what runs on the connection of that tag, again and again, until Stop. Does not wait. Does
  // nothing after Shutdown.
  void Start(const std::string& tag);
  // Ends that; when it returns, no kill for the tag is under way.
  void Stop(const std::string& tag);

  // Ends the thread and closes the connection. Idempotent.
  void Shutdown();

 private:
  void Loop();

  Connection connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> tags_;
  bool killing_ = false;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace theflash

#endif  // THEFLASH_SESSION_CANCELLER_H_
