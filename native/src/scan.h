// A running query: what tf_scan stands for.
#ifndef THEFLASH_SCAN_H_
#define THEFLASH_SCAN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow_ipc.h"
#include "engine.h"

namespace theflash {

class Scan {
 public:
  // Plans `sql` where it is one SELECT, which pins the rows it will give; any other text runs in
  // the first Next, so that Cancel can reach it.
  Scan(std::shared_ptr<Engine> engine, std::string_view sql);
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  // The next message, valid until the next call; nothing at the end.
  std::optional<ArrowMessage> Next();

  // Does not wait. A Next under way throws TF_CANCELLED, and so do later ones.
  void Cancel();

  // Cancels, waits for a Next under way, and gives the connection back. Idempotent.
  void Close();

 private:
  void Open(std::string_view sql);
  void RunText();
  std::optional<ArrowMessage> NextMessage();
  bool TakePiece();
  bool IsFirstSchema(const ArrowMessage& message);
  void Release();

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;  // one call at a time
  Lease connection_;
  std::string text_;  // still to be run
  Result stream_;     // none where the result came whole
  Result piece_;
  std::optional<ArrowReader> reader_;
  std::vector<uint8_t> schema_;
  std::atomic<bool> ended_ = false;

  std::atomic<bool> cancelled_ = false;
  std::mutex release_mutex_;  // Cancel must not name a connection that another scan has by now
  bool released_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_SCAN_H_
