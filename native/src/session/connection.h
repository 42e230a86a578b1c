// One connection to the engine: libchdb's calls, on a thread of their own, with their errors.
#ifndef THEFLASH_SESSION_CONNECTION_H_
#define THEFLASH_SESSION_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session/chdb_abi.h"
#include "session/worker.h"

namespace theflash {

// A result of libchdb, freed with it.
class Result {
 public:
  Result() = default;
  explicit Result(chdb_result* result) : result_(result) {}
  explicit operator bool() const { return result_ != nullptr; }
  chdb_result* get() const { return result_.get(); }
  std::span<const uint8_t> bytes() const;
  std::string_view text() const;
  // The engine's error text, empty where there is none.
  std::string_view error() const;

 private:
  struct Free {
    void operator()(chdb_result* result) const { chdb_destroy_query_result(result); }
  };
  std::unique_ptr<chdb_result, Free> result_;
};

// The setting that carries a connection's tag: a text that only tables over message queues read,
// which the engine has none of. One that statements set themselves, as query_cache_tag and
// log_comment, would hide them from Canceller.
inline constexpr std::string_view kTagSetting = "stream_like_engine_insert_queue";

// The engine serialises calls on one connection, and a query ends the stream that is open on it: so
// a scan and a batch each hold a connection for themselves.
//
// Every call throws Error; after Close every call throws TF_CANCELLED.
// Bounds the memory of each statement of a connection. Units: bytes.
inline constexpr std::string_view kMemoryArgument = "--max_memory_usage=";

class Connection {
 public:
  // `tag` names the connection in system.processes, so that Canceller finds it: as kTagSetting.
  Connection(const std::vector<std::string>& arguments, std::string tag);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& tag() const { return tag_; }

  // Runs one or several statements and gives the last result whole. No INSERT with VALUES or
  // FORMAT: for these libchdb reads the standard input of the process as well, which belongs to
  // others.
  Result Query(std::string_view sql, std::string_view format = "TSVRaw");
  void Execute(std::string_view sql) { Query(sql); }
  // Runs a query and gives its rows as fields. Tabs and line feeds in values arrive unescaped.
  std::vector<std::vector<std::string>> Rows(std::string_view sql);

  // Plans a query, which pins the data it will read, and gives the stream that Fetch draws from.
  Result OpenStream(std::string_view sql);
  // The next piece of an ArrowStream; empty at the end. The engine makes the one after it while
  // the caller uses this one.
  Result Fetch(const Result& stream);
  // Ends a stream, whether or not all of it was drawn. Throws nothing: what stands in the way of
  // the connection's next use is thrown there.
  void CloseStream(Result stream);

  // Begins a query on the connection's thread, and calls `done` there when it has ended. Finish
  // must come before any other call; `done` stays good until then.
  std::future<Result> Start(std::string sql, std::string format, std::function<void()> done);
  // What a query of Start came to; waits for it.
  Result Finish(std::future<Result> query);

  // `role` is of letters, digits and _. From now until Reset everything runs with the grants of a
  // role alone, after an error too.
  void SetRole(std::string role);
  // Bounds the memory of each statement, from now until Reset; 0 is none but the engine's own. No
  // SET can do that, as the setting is const to statements.
  void LimitMemory(uint64_t bytes_max);
  // Whether it runs with fewer than all rights.
  bool has_role() const { return !role_.empty(); }
  // Runs SET or USE, whose effect lasts until Reset.
  void Change(std::string_view sql);
  // Undoes every Change, but for the role and the bound of memory.
  void Undo();
  // The same, and leaves the role. ClickHouse can't take a setting back to what the profile says:
  // so the connection is replaced, which takes a tenth of a millisecond. Throws nothing, as
  // CloseStream.
  void Reset();

  // Feeds data, given in pieces, to `insert_sql`, an INSERT without FORMAT. The result tells how
  // many rows were written.
  Result Insert(std::string_view insert_sql, std::string_view format,
                std::initializer_list<std::span<const uint8_t>> data);

  // Waits for the call in hand, then closes. Idempotent.
  void Close();

 private:
  template <typename Call>
  auto Run(Call call);
  std::vector<std::string> Arguments() const;
  chdb_connection* Connect();
  void EnterRole(chdb_connection connection) const;
  void Replace();
  void ReplaceSoon();
  void FetchAhead(const Result& stream);
  // Takes note of how a stream goes on after a piece.
  void Note(const Result& piece);
  [[noreturn]] void Fail(const std::string& error);

  std::vector<std::string> arguments_;
  std::string tag_;
  std::string role_;  // empty: all rights
  uint64_t memory_bytes_max_ = 0;
  // libchdb keeps what a failed or abandoned query had written so far, and gives it out before the
  // result of the connection's next query; others have settings or a role of who had them before.
  // Such a connection is spoilt: every call replaces it before it uses it, or throws.
  bool is_spoilt_ = false;
  bool is_changed_ = false;
  bool is_stream_drained_ = false;
  std::future<Result> ahead_;  // the open stream's next piece, once the first was fetched
  std::mutex mutex_;
  std::unique_ptr<Worker> worker_;
  chdb_connection* handle_ = nullptr;
};

}  // namespace theflash

#endif  // THEFLASH_SESSION_CONNECTION_H_
