// How failures travel inside ch.so: as one exception type, turned into tf_status at the boundary.
#ifndef THEFLASH_BASE_STATUS_H_
#define THEFLASH_BASE_STATUS_H_

#include <exception>
#include <string>
#include <string_view>

#include "theflash.h"

namespace theflash {

// The one exception of ch.so: what to tell the caller. Anything else that reaches the boundary is
// reported as TF_INTERNAL.
class Error : public std::exception {
 public:
  Error(tf_status status, std::string message, std::string hint = {}, int engine_code = 0);

  tf_status status() const { return status_; }
  int engine_code() const { return engine_code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  tf_status status_;
  int engine_code_;
  std::string message_;
  std::string hint_;
};

// Reads an error text of ClickHouse ("Code: 60. DB::Exception: ... (UNKNOWN_TABLE)") into an Error:
// the code decides the status, the message loses what only a developer of ClickHouse needs.
Error EngineError(std::string_view text);

// The status that a ClickHouse error code (system.errors) comes to.
tf_status StatusOfEngineCode(int code);

// An Error for a failed system call on `path`, from errno's value.
Error SystemError(int error_number, std::string_view action, std::string_view path);

}  // namespace theflash

#endif  // THEFLASH_BASE_STATUS_H_
