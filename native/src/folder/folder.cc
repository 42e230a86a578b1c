#include "folder/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/status.h"

namespace theflash {
namespace {

constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr std::string_view kOwnFolder = "/.theflash";

void MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    throw SystemError(errno, "creating", path);
  }
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) throw SystemError(errno, "opening", path);
  if (!S_ISDIR(info.st_mode)) throw SystemError(ENOTDIR, "opening", path);
}

// Creates `path` and the folders above it, as mkdir -p does.
void MakeFolders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    MakeFolder(path.substr(0, slash));
  }
  MakeFolder(path);
}

// The process id that ClickHouse writes into `<folder>/status`: "PID: 42" in its first line.
std::string ReadProcessId(const std::string& file) {
  std::ifstream in(file);
  std::string word;
  while (in >> word) {
    if (word.find_first_not_of("0123456789") == std::string::npos) return word;
  }
  return "";
}

[[noreturn]] void ThrowInUse(const std::string& path, const std::string& process_id) {
  throw Error(
      TF_IN_USE,
      path + " is in use by " + (process_id.empty() ? "another process" : "process " + process_id),
      "Connect to that process with --engine tcp://host:port if it is theflash serve, or "
      "stop it.");
}

}  // namespace

Folder::Folder(std::string_view path, bool create) : path_(path) {
  if (path_.empty() || path_.find('\0') != std::string::npos) {
    throw Error(TF_INVALID, "the engine's folder has an empty or impossible name");
  }
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) {
    if (errno != ENOENT || !create) throw SystemError(errno, "opening", path_);
    MakeFolders(path_);
  } else if (!S_ISDIR(info.st_mode)) {
    throw SystemError(ENOTDIR, "opening", path_);
  }
  char* real = realpath(path_.c_str(), nullptr);
  if (real == nullptr) throw SystemError(errno, "opening", path_);
  path_ = real;
  std::free(real);
  // root may write anywhere, but not to a disk that is mounted read-only: W_OK finds both.
  if (access(path_.c_str(), R_OK | W_OK | X_OK) != 0) throw SystemError(errno, "opening", path_);
  MakeFolder(path_ + std::string(kOwnFolder));
  Lock();
}

Folder::~Folder() {
  if (lock_ >= 0) close(lock_);
}

void Folder::Lock() {
  const std::string file = OwnPath("lock");
  lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (lock_ < 0) throw SystemError(errno, "opening", file);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int failed = errno;
    close(lock_);
    lock_ = -1;
    if (failed == EWOULDBLOCK) ThrowInUse(path_, ReadProcessId(file));
    throw SystemError(failed, "locking", file);
  }
  // A ClickHouse of another make may hold the folder too; it locks `status`.
  const std::string status = path_ + "/status";
  if (const int other = open(status.c_str(), O_RDONLY | O_CLOEXEC); other >= 0) {
    const bool taken = flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(other);
    if (taken) ThrowInUse(path_, ReadProcessId(status));
  }
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(lock_, 0) != 0 ||
      pwrite(lock_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw SystemError(errno, "writing", file);
  }
}

std::string Folder::OwnPath(std::string_view name) const {
  return path_ + std::string(kOwnFolder) + "/" + std::string(name);
}

void Folder::WriteFile(std::string_view name, std::string_view text) const {
  const std::string file = OwnPath(name);
  MakeFolders(file.substr(0, file.rfind('/')));
  theflash::WriteFile(file, text);
}

void Folder::EmptyFolder(std::string_view name) const {
  const std::string path = OwnPath(name);
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  if (failed) throw SystemError(failed.value(), "emptying", path);
  MakeFolder(path);
}

void Folder::ReplaceFile(std::string_view name, std::string_view text) const {
  theflash::ReplaceFile(OwnPath(name), text);
}

bool Folder::HasFile(std::string_view name) const {
  return access(OwnPath(name).c_str(), F_OK) == 0;
}

void Folder::RemoveFile(std::string_view name) const { theflash::RemoveFile(OwnPath(name)); }

}  // namespace theflash
