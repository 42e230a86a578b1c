// Connections to the engine, opened as they are needed and used again.
#ifndef THEFLASH_SESSION_CONNECTION_POOL_H_
#define THEFLASH_SESSION_CONNECTION_POOL_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "session/connection.h"

namespace theflash {

class ConnectionPool;

// A connection on loan; goes back to its pool by itself.
class Lease {
 public:
  Lease() = default;
  Lease(ConnectionPool* pool, std::shared_ptr<Connection> connection)
      : pool_(pool), connection_(std::move(connection)) {}
  ~Lease();
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  Connection* operator->() const { return connection_.get(); }
  Connection& operator*() const { return *connection_; }
  void Return();

 private:
  ConnectionPool* pool_ = nullptr;
  std::shared_ptr<Connection> connection_;
};

class ConnectionPool {
 public:
  // `name` begins the tags of its connections.
  ConnectionPool(std::vector<std::string> arguments, std::string name, size_t connections_max);

  size_t connections_max() const { return connections_max_; }

  // Waits while all connections are on loan. Throws TF_CANCELLED after Close.
  Lease Take();

  // Tags of the connections on loan.
  std::vector<std::string> TagsInUse();

  // From now on nothing is lent, and who waits is turned away.
  void Shut();
  // Closes every connection, those on loan too: their next call throws TF_CANCELLED.
  void Close();

 private:
  friend class Lease;
  void Give(std::shared_ptr<Connection> connection);

  const std::vector<std::string> arguments_;
  const std::string name_;
  const size_t connections_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Connection>> idle_;
  std::vector<std::shared_ptr<Connection>> lent_;
  uint64_t made_ = 0;
  bool shut_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_SESSION_CONNECTION_POOL_H_
