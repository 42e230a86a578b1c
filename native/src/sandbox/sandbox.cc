#include "sandbox/sandbox.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/status.h"
#include "sandbox/landlock.h"
#include "sandbox/syscall_filter.h"

namespace theflash {
namespace {

// Renames between folders, which every merge of parts needs: before, Landlock refuses them all.
constexpr int kAbiMin = 2;

struct Reach {
  std::string folder;
  bool may_change = true;
};

struct Settled {
  std::string key;                  // equal for sandboxes that are the same
  std::unique_ptr<Landlock> rules;  // none: no sandbox
  std::string info;
};

std::mutex settle_mutex;
// Never destroyed: the engine's threads live to the end of the process.
std::optional<Settled>& SettledSandbox() {
  static auto* const settled = new std::optional<Settled>();
  return *settled;
}

std::string RealFolder(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) throw SystemError(errno, "opening", path);
  if (!S_ISDIR(info.st_mode)) {
    throw Error(TF_INVALID, path + " is not a folder, and only folders are opened to the engine",
                "Name the folder that it lies in.");
  }
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (!real) throw SystemError(errno, "opening", path);
  return real.get();
}

bool Covers(const Reach& outer, const Reach& inner) {
  if (inner.may_change && !outer.may_change) return false;
  return outer.folder == inner.folder || outer.folder == "/" ||
         inner.folder.starts_with(outer.folder + "/");
}

// The folders that the options let the engine reach; those inside of others are left out.
std::vector<Reach> FindReach(const std::string& folder, const Options& options) {
  std::vector<Reach> all = {{folder, true}};
  for (const std::string& path : options.allow_paths) all.push_back({RealFolder(path), true});
  for (const std::string& path : options.allow_paths_read_only) {
    all.push_back({RealFolder(path), false});
  }
  std::vector<Reach> reach;
  for (size_t index = 0; index < all.size(); ++index) {
    const auto covers = [&](const Reach& other) {
      const bool is_earlier = &other < &all[index];
      return &other != &all[index] && Covers(other, all[index]) &&
             (is_earlier || !Covers(all[index], other));
    };
    if (std::none_of(all.begin(), all.end(), covers)) reach.push_back(all[index]);
  }
  return reach;
}

// By inode: a folder that was removed and made again is another one to the kernel.
std::string KeyOf(const std::vector<Reach>& reach) {
  std::vector<std::string> lines;
  for (const Reach& each : reach) {
    struct stat info {};
    if (stat(each.folder.c_str(), &info) != 0) throw SystemError(errno, "opening", each.folder);
    lines.push_back(each.folder + " " + std::to_string(info.st_dev) + ":" +
                    std::to_string(info.st_ino) + (each.may_change ? "\n" : " ro\n"));
  }
  std::sort(lines.begin(), lines.end());
  std::string key;
  for (const std::string& line : lines) key += line;
  return key;
}

// What libchdb reads of the system, found by trial.
void AllowSystem(Landlock& rules) {
  // How much memory and how many processors a container may use. Of /proc nothing: it shows the
  // environment and the memory of the process.
  rules.AllowReadingIfThere("/sys/fs/cgroup");
  rules.AllowReadingIfThere("/sys/devices/system");
  rules.AllowReadingIfThere("/dev/urandom");
}

int Enter(const Landlock& rules) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (const int failed = rules.Restrict(); failed != 0) return failed;
  return LaySyscallFilter();
}

// The rules, proven on a thread that ends at once; none where the kernel does not do it.
std::unique_ptr<Landlock> MakeRules(const std::vector<Reach>& reach, int abi) {
  if (abi < kAbiMin) return nullptr;
  auto rules = std::make_unique<Landlock>(abi);
  for (const Reach& each : reach) {
    if (each.may_change) {
      rules->AllowChanging(each.folder);
    } else {
      rules->AllowReading(each.folder);
    }
  }
  AllowSystem(*rules);
  int failed = 0;
  std::thread([&] { failed = Enter(*rules); }).join();
  return failed == 0 ? std::move(rules) : nullptr;
}

Settled Make(const std::string& folder, const Options& options) {
  if (options.allow_external || options.sandbox == SandboxMode::kOff) {
    return {"none", nullptr, "none"};
  }
  const std::vector<Reach> reach = FindReach(folder, options);
  const int abi = LandlockAbi();
  auto rules = MakeRules(reach, abi);
  if (rules) {
    return {KeyOf(reach), std::move(rules), "landlock (ABI " + std::to_string(abi) + ")"};
  }
  if (options.sandbox == SandboxMode::kRequire) {
    throw Error(TF_DENIED,
                "the kernel puts no sandbox around the engine: it needs Landlock (Linux 5.19, "
                "switched on) and seccomp",
                "Add landlock to the lsm= of the kernel's command line, or leave --sandbox require "
                "out.");
  }
  return {"none", nullptr, "none"};
}

}  // namespace

void SettleSandbox(const std::string& folder, const Options& options) {
  const std::lock_guard lock(settle_mutex);
  Settled fresh = Make(folder, options);
  auto& settled = SettledSandbox();
  if (settled && settled->key != fresh.key) {
    throw Error(TF_IN_USE,
                "the engine's threads in this process are in the sandbox of an earlier engine, and "
                "can't reach " +
                    folder + " as they should",
                "Open it in another process; or open all with the same allow_paths, a folder above "
                "them.");
  }
  if (!settled) settled = std::move(fresh);
}

std::vector<std::string> AllowedFolders(const Options& options) {
  std::vector<std::string> folders;
  for (const auto* paths : {&options.allow_paths, &options.allow_paths_read_only}) {
    for (std::string path : *paths) {
      folders.push_back(RealFolder(path));
      while (path.ends_with('/')) path.pop_back();
      if (path != folders.back()) folders.push_back(path);
    }
  }
  return folders;
}

void EnterSandbox() {
  const std::lock_guard lock(settle_mutex);
  const auto& settled = SettledSandbox();
  if (!settled || !settled->rules) return;
  if (const int failed = Enter(*settled->rules); failed != 0) {
    throw SystemError(failed, "entering", "the sandbox of the engine");
  }
}

bool HasSandbox() {
  const std::lock_guard lock(settle_mutex);
  return SettledSandbox() && SettledSandbox()->rules;
}

const char* SandboxInfo() {
  const std::lock_guard lock(settle_mutex);
  return SettledSandbox() ? SettledSandbox()->info.c_str() : "none";
}

}  // namespace theflash
