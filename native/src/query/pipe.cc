#include "query/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/status.h"

namespace theflash {
namespace {

constexpr mode_t kPipeMode = 0600;

// What one read may give: the default of 64 KiB wakes the reader far too often.
constexpr int kPipeBytes = 1 << 20;

// A write to a pipe that nobody reads is to fail, and not to end the process. Who has a handler of
// his own keeps it.
void IgnorePipeSignal() {
  static const bool ignored = [] {
    struct sigaction action {};
    if (sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return false;
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, nullptr) == 0;
  }();
  static_cast<void>(ignored);
}

void CloseIfOpen(int* file) {
  if (*file >= 0) close(std::exchange(*file, -1));
}

}  // namespace

Pipe::Pipe(std::string path) : path_(std::move(path)) {
  IgnorePipeSignal();
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_ < 0) throw SystemError(errno, "making", "an event");
  if (mkfifo(path_.c_str(), kPipeMode) == 0) return;
  const int failed = errno;
  CloseIfOpen(&event_);
  throw SystemError(failed, "making", path_);
}

Pipe::~Pipe() {
  unlink(path_.c_str());
  CloseIfOpen(&reader_);
  CloseIfOpen(&holder_);
  CloseIfOpen(&event_);
}

void Pipe::WaitForWriter() {
  int opened = -1;
  do {
    opened = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  } while (opened < 0 && errno == EINTR);
  if (opened < 0) throw SystemError(errno, "opening", path_);
  unlink(path_.c_str());
  fcntl(opened, F_SETFL, O_NONBLOCK);
  // Where the system allows no more for this user, it stays smaller.
  fcntl(opened, F_SETPIPE_SZ, kPipeBytes);
  const std::lock_guard lock(reader_mutex_);
  reader_ = opened;
  if (Has(&Pipe::broken_)) CloseIfOpen(&reader_);
}

bool Pipe::IsDone() { return Has(&Pipe::done_); }

void Pipe::TakeNote(bool Pipe::*note) {
  const std::lock_guard lock(notes_mutex_);
  this->*note = true;
  // It counts from 0, and there are two notes.
  eventfd_write(event_, 1);
}

bool Pipe::Has(bool Pipe::*note) {
  const std::lock_guard lock(notes_mutex_);
  return this->*note;
}

void Pipe::Done() {
  // Both ends, so that it waits for none itself. Where WaitForWriter is through, the name is gone.
  holder_ = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  TakeNote(&Pipe::done_);
}

size_t Pipe::Read(std::span<uint8_t> buffer) {
  const std::lock_guard lock(reader_mutex_);
  while (true) {
    if (reader_ < 0 || Has(&Pipe::broken_)) return 0;
    const bool done = Has(&Pipe::done_);
    const ssize_t count = read(reader_, buffer.data(), buffer.size());
    if (count > 0) return static_cast<size_t>(count);
    if (done) return 0;
    if (count < 0 && errno != EAGAIN && errno != EINTR) throw SystemError(errno, "reading", path_);
    WaitForBytes(count != 0);
  }
}

// Without a writer the pipe would be ready all the time: the query is about to end.
void Pipe::WaitForBytes(bool has_writer) const {
  pollfd waits[] = {{event_, POLLIN, 0}, {reader_, POLLIN, 0}};
  poll(waits, has_writer ? 2 : 1, -1);
}

void Pipe::Break() {
  TakeNote(&Pipe::broken_);
  const std::lock_guard lock(reader_mutex_);
  CloseIfOpen(&reader_);
}

}  // namespace theflash
