#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/status.h"

namespace theflash {
namespace {

// <linux/landlock.h> of Debian 12 knows ABI 2 only: written out, from Linux 6.15.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1U << 0U;
constexpr int kPathBeneath = 1;

enum Right : uint64_t {
  kWriteFile = 1U << 1U,
  kReadFile = 1U << 2U,
  kReadDir = 1U << 3U,
  kRemoveDir = 1U << 4U,
  kRemoveFile = 1U << 5U,
  kMakeDir = 1U << 7U,
  kMakeReg = 1U << 8U,
  kMakeSym = 1U << 12U,
  kRefer = 1U << 13U,
  kTruncate = 1U << 14U,
};

// All rights up to an ABI's last one.
constexpr uint64_t kAllOfAbi1 = (1ULL << 13U) - 1;
constexpr uint64_t kAllOfAbi2 = (1ULL << 14U) - 1;
constexpr uint64_t kAllOfAbi3 = (1ULL << 15U) - 1;
constexpr uint64_t kAllOfAbi5 = (1ULL << 16U) - 1;
constexpr uint64_t kBindAndConnectTcp = 3;          // ABI 4
constexpr uint64_t kAbstractSocketsAndSignals = 3;  // ABI 6

constexpr uint64_t kReading = kReadFile | kReadDir;
constexpr uint64_t kChanging = kReading | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir |
                               kMakeReg | kMakeSym | kRefer | kTruncate;

struct RulesetAttributes {
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

struct __attribute__((packed)) PathBeneath {
  uint64_t rights;
  int32_t parent;
};

uint64_t AllRights(int abi) {
  if (abi >= 5) return kAllOfAbi5;
  if (abi >= 3) return kAllOfAbi3;
  return abi == 2 ? kAllOfAbi2 : kAllOfAbi1;
}

}  // namespace

int LandlockAbi() {
  const long abi = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Landlock::Landlock(int abi) : handled_(AllRights(abi)) {
  RulesetAttributes attributes = {handled_, abi >= 4 ? kBindAndConnectTcp : 0,
                                  abi >= 6 ? kAbstractSocketsAndSignals : 0};
  // Older kernels know a shorter struct, and take a longer one whose rest is zero.
  rules_ = static_cast<int>(syscall(kCreateRuleset, &attributes, sizeof(attributes), 0));
  if (rules_ < 0) throw SystemError(errno, "making", "a sandbox");
}

Landlock::~Landlock() { close(rules_); }

void Landlock::AllowReading(const std::string& folder) { Allow(folder, kReading); }

void Landlock::AllowChanging(const std::string& folder) { Allow(folder, kChanging); }

void Landlock::AllowReadingIfThere(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) Allow(path, S_ISDIR(info.st_mode) ? kReading : kReadFile);
}

void Landlock::Allow(const std::string& path, uint64_t rights) {
  const int parent = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (parent < 0) throw SystemError(errno, "opening", path);
  const PathBeneath rule = {rights & handled_, parent};
  const int failed = syscall(kAddRule, rules_, kPathBeneath, &rule, 0) == 0 ? 0 : errno;
  close(parent);
  if (failed != 0) throw SystemError(failed, "opening to the engine", path);
}

int Landlock::Restrict() const { return syscall(kRestrictSelf, rules_, 0) == 0 ? 0 : errno; }

}  // namespace theflash
