// One statement whose result leaves as bytes of a format: what tf_answer stands for.
#ifndef THEFLASH_QUERY_ANSWER_H_
#define THEFLASH_QUERY_ANSWER_H_

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine.h"
#include "query/pipe.h"

namespace theflash {

// How an answer is given; see tf_answer_start.
struct AnswerRequest {
  std::string database;
  std::string format;
  bool read_only = false;
};

class Answer {
 public:
  // Takes a connection. Waits while all are in use.
  explicit Answer(std::shared_ptr<Engine> engine);
  ~Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void Set(std::string_view name, std::string_view value);

  // Runs with the rights of a role alone. Before Start.
  void SetRole(std::string_view role);

  // 0 is no bound. Before Start.
  void LimitMemory(uint64_t bytes_max);

  // Plans a query, or runs what is none. Once only.
  void Start(std::string_view sql, AnswerRequest request);

  // The next bytes, 0 at the end.
  size_t Read(std::span<uint8_t> buffer);

  // As JSON; see tf_answer_summary.
  std::string Summary();

  // Does not wait. A call under way throws TF_CANCELLED, and so do later ones.
  void Cancel();

  // Cancels, waits for a call under way, and gives the connection back. Idempotent.
  void Close();

 private:
  using Statements = std::vector<sql::Statement>;
  void Run(std::string_view sql);
  Statements ReadText(std::string_view sql);
  void Apply(const Statements& statements, bool shows_columns);
  bool IsHeld(std::string_view name, std::string_view value);
  void Plan(const Statements& statements, bool shows_columns);
  void OpenPipe(const std::string& query);
  void Finish();
  // Ends a query whose answer nobody is to get.
  void Abandon();
  size_t Take(std::span<uint8_t> buffer);
  void BreakPipe();
  void Release();
  template <typename Step>
  auto UnlessCancelled(Step step);

  const std::shared_ptr<Engine> engine_;
  std::mutex mutex_;  // one call at a time
  Lease connection_;
  AnswerRequest request_;
  std::vector<std::pair<std::string, std::string>> settings_;
  bool started_ = false;
  std::future<Result> query_;  // that writes into the pipe
  std::mutex pipe_mutex_;      // of the pointer: Cancel comes from any thread
  std::shared_ptr<Pipe> pipe_;
  Result result_;  // of what has ended
  size_t given_ = 0;
  std::atomic<bool> ended_ = false;
  uint64_t stop_id_ = 0;

  std::atomic<bool> cancelled_ = false;
  std::mutex release_mutex_;  // Cancel must not name a connection that another query has by now
  bool released_ = false;
};

}  // namespace theflash

#endif  // THEFLASH_QUERY_ANSWER_H_
