// A named pipe that the engine writes a query's result into.
#ifndef THEFLASH_QUERY_PIPE_H_
#define THEFLASH_QUERY_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace theflash {

// libchdb streams a result in pieces that are each a whole document of their format: of JSON or
// Parquet they can't be put together. Written to a file by INTO OUTFILE, a result is one document
// of any format; and where that file is a pipe, the engine makes it as fast as it is read.
//
// The engine opens the file when the query is planned and its header is known: WaitForWriter waits
// for that, and so tells when the rows are pinned.
class Pipe {
 public:
  // Errors: those of the system.
  explicit Pipe(std::string path);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  const std::string& path() const { return path_; }

  // Waits until the engine has opened the pipe, or Done was called. Once only, by any thread that
  // is not the engine's.
  void WaitForWriter();
  // Whether Done was called.
  bool IsDone();

  // Called when the query has ended, whether it opened the pipe or not.
  void Done();

  // The next bytes; waits for them. 0 when the query has ended and all was given, or after Break.
  size_t Read(std::span<uint8_t> buffer);

  // Nothing more is read: who writes gets an error instead of waiting. From any thread.
  void Break();

 private:
  void TakeNote(bool Pipe::*note);
  bool Has(bool Pipe::*note);
  void WaitForBytes(bool has_writer) const;

  const std::string path_;
  int event_ = -1;   // readable once done_ or broken_
  int holder_ = -1;  // lets the open of WaitForWriter through where the engine opened nothing
  std::mutex notes_mutex_;
  bool done_ = false;
  bool broken_ = false;
  std::mutex reader_mutex_;  // of reader_, which must not be closed while it is waited for
  int reader_ = -1;
};

}  // namespace theflash

#endif  // THEFLASH_QUERY_PIPE_H_
