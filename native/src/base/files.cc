#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/status.h"

namespace theflash {
namespace {

constexpr mode_t kFileMode = 0640;

void Write(const std::string& file, std::string_view text, bool durably) {
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (out < 0) throw SystemError(errno, "writing", file);
  const ssize_t written = write(out, text.data(), text.size());
  int failed = written < 0 ? errno : written == static_cast<ssize_t>(text.size()) ? 0 : ENOSPC;
  if (failed == 0 && durably && fsync(out) != 0) failed = errno;
  close(out);
  if (failed != 0) throw SystemError(failed, "writing", file);
}

void SyncFolderOf(const std::string& file) {
  const std::string path = file.substr(0, file.rfind('/') + 1);
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) throw SystemError(errno, "opening", path);
  const int failed = fsync(folder) == 0 ? 0 : errno;
  close(folder);
  if (failed != 0) throw SystemError(failed, "syncing", path);
}

}  // namespace

void WriteFile(const std::string& file, std::string_view text) { Write(file, text, false); }

void ReplaceFile(const std::string& file, std::string_view text) {
  const std::string fresh = file + ".new";
  Write(fresh, text, true);
  if (rename(fresh.c_str(), file.c_str()) != 0) throw SystemError(errno, "renaming", fresh);
  SyncFolderOf(file);
}

std::optional<std::string> ReadFile(const std::string& file) {
  if (access(file.c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) throw SystemError(EIO, "reading", file);
  return bytes;
}

void RemoveFile(const std::string& file) {
  if (unlink(file.c_str()) == 0) return SyncFolderOf(file);
  if (errno != ENOENT) throw SystemError(errno, "removing", file);
}

}  // namespace theflash
