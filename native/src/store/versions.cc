#include "store/versions.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/status.h"

namespace theflash {
namespace {

constexpr uint64_t kBlock = uint64_t{1} << 32U;
constexpr uint64_t kVersionMax = std::numeric_limits<uint64_t>::max();

}  // namespace

Versions::Versions(Connection* connection) : connection_(connection) {
  const auto rows =
      connection_->Rows("SELECT max(ceiling) FROM theflash.versions SETTINGS final = 0");
  // Version 0 is that of a row which nobody versioned.
  next_ = std::max<uint64_t>(1, std::stoull(rows.at(0).at(0)));
  ceiling_ = next_;
  settled_ = next_ - 1;
}

uint64_t Versions::Reserve(uint64_t count) {
  const std::lock_guard lock(mutex_);
  if (count > kVersionMax - next_) {
    throw Error(TF_INVALID, "the engine has no row versions left",
                "A version near 2^64 was imported; copy the tables into a new engine folder.");
  }
  const uint64_t first = next_;
  if (first + count > ceiling_) Store(first + count);
  next_ = first + count;
  return first;
}

void Versions::GiveBack(uint64_t first_unused) {
  const std::lock_guard lock(mutex_);
  next_ = std::min(next_, first_unused);
}

void Versions::RaiseAbove(uint64_t version) {
  const std::lock_guard lock(mutex_);
  if (version < next_) return;
  if (version >= ceiling_) Store(version == kVersionMax ? version : version + 1);
  next_ = version == kVersionMax ? version : version + 1;
}

uint64_t Versions::next() {
  const std::lock_guard lock(mutex_);
  return next_;
}

void Versions::Settle() {
  const std::lock_guard lock(mutex_);
  settled_ = next_ - 1;
}

uint64_t Versions::settled() {
  const std::lock_guard lock(mutex_);
  return settled_;
}

void Versions::Store(uint64_t needed) {
  const uint64_t ceiling = needed > kVersionMax - kBlock ? kVersionMax : needed + kBlock;
  connection_->Execute("INSERT INTO theflash.versions (id, ceiling) SELECT 0, toUInt64(" +
                       std::to_string(ceiling) + ")");
  ceiling_ = ceiling;
}

}  // namespace theflash
