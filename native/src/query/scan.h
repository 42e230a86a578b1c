// A running query: what tf_scan stands for.
#ifndef THEFLASH_QUERY_SCAN_H_
#define THEFLASH_QUERY_SCAN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/arrow_ipc.h"
#include "engine.h"

namespace theflash {

class Scan {
 public:
  // Takes a connection. Waits while all are in use.
  explicit Scan(std::shared_ptr<Engine> engine);
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  // Runs with the rights of a role alone. Before Start.
  void SetRole(std::string_view role);

  // 0 is no bound. Before Start.
  void LimitMemory(uint64_t bytes_max);

  // Plans `sql` where it is one SELECT, which pins the rows it will give; any other text runs in
  // the first Next. Once only. Cancel reaches it: planning runs the scalar subqueries of a query.
  void Start(std::string_view sql);

  // The next message, valid until the next call; nothing at the end.
  std::optional<ArrowMessage> Next();

  // The same, copied into `buffer`. Of one that is longer only the length and the rows are good:
  // the next call gives it again.
  std::optional<ArrowMessage> Read(std::span<uint8_t> buffer);

  // Does not wait. A Next under way throws TF_CANCELLED, and so do later ones.
  void Cancel();

  // Cancels, waits for a Next under way, and gives the connection back. Idempotent.
  void Close();

 private:
  void Open(std::string_view sql);
  void Plan(const std::string& sql);
  void RunText();
  std::optional<ArrowMessage> Pull();
  std::optional<ArrowMessage> NextMessage();
  bool TakePiece();
  bool IsFirstSchema(const ArrowMessage& message);
  void Release();
  template <typename Step>
  auto UnlessCancelled(Step step);

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;  // one call at a time
  Lease connection_;
  bool started_ = false;
  std::string text_;  // still to be run
  Result stream_;     // none where the result came whole
  Result piece_;
  std::optional<ArrowReader> reader_;
  std::optional<ArrowMessage> kept_;  // did not fit the reader's buffer
  std::vector<uint8_t> schema_;
  std::atomic<bool> ended_ = false;

  std::atomic<bool> cancelled_ = false;
  std::mutex release_mutex_;  // Cancel must not name a connection that another scan has by now
  bool released_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_QUERY_SCAN_H_
