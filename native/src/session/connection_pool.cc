#include "session/connection_pool.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace theflash {

Lease::~Lease() { Return(); }

Lease& Lease::operator=(Lease&& other) noexcept {
  Return();
  pool_ = std::exchange(other.pool_, nullptr);
  connection_ = std::move(other.connection_);
  return *this;
}

void Lease::Return() {
  if (connection_) pool_->Give(std::move(connection_));
  connection_ = nullptr;
}

ConnectionPool::ConnectionPool(std::vector<std::string> arguments, std::string name,
                               size_t connections_max)
    : arguments_(std::move(arguments)), name_(std::move(name)), connections_max_(connections_max) {}

Lease ConnectionPool::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return shut_ || lent_.size() < connections_max_; });
  if (shut_) throw Error(TF_CANCELLED, "the engine was closed");
  if (idle_.empty()) {
    idle_.push_back(
        std::make_shared<Connection>(arguments_, name_ + "-" + std::to_string(++made_)));
  }
  lent_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  return Lease(this, lent_.back());
}

void ConnectionPool::Give(std::shared_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  std::erase(lent_, connection);
  idle_.push_back(std::move(connection));
  changed_.notify_one();
}

std::vector<std::string> ConnectionPool::TagsInUse() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> tags;
  for (const auto& connection : lent_) tags.push_back(connection->tag());
  return tags;
}

void ConnectionPool::Shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  changed_.notify_all();
}

void ConnectionPool::Close() {
  Shut();
  std::vector<std::shared_ptr<Connection>> all;
  {
    const std::lock_guard lock(mutex_);
    all = lent_;
    all.insert(all.end(), idle_.begin(), idle_.end());
  }
  for (const auto& connection : all) connection->Close();
}

}  // namespace theflash
