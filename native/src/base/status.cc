#include "base/status.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace theflash {
namespace {

constexpr std::string_view kCodePrefix = "Code: ";
constexpr std::string_view kExceptionPrefix = "DB::Exception: ";

constexpr const char* kReadOnlyHint =
    "Make the disk of the engine's folder writable, then run it again. A disk turns read-only by "
    "itself when it fails: the system's log (dmesg) tells.";

constexpr const char* kDeniedHint =
    "SQL reaches the engine folder and those of --allow-path alone. Does it lie in one of them? "
    "Then "
    "look at its permissions.";

const char* HintOfStatus(tf_status status) {
  switch (status) {
    case TF_DISK_FULL:
      return "Free space on the disk of the engine's folder, then run it again.";
    case TF_MEMORY:
      return "Ask for less at once, or give more: --query-memory-max, --memory-max; memoryBytesMax "
             "of a "
             "user.";
    default:
      return "";
  }
}

// Takes "Code: N. DB::Exception: " off the front, as often as it stands there (ClickHouse nests
// it), and keeps the innermost code, which is the cause.
int TakePrefixes(std::string_view* text) {
  int code = 0;
  while (text->starts_with(kCodePrefix)) {
    std::string_view rest = text->substr(kCodePrefix.size());
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), code);
    rest.remove_prefix(static_cast<size_t>(parsed.ptr - rest.data()));
    if (!rest.starts_with(". ")) break;
    rest.remove_prefix(2);
    if (rest.starts_with(kExceptionPrefix)) rest.remove_prefix(kExceptionPrefix.size());
    *text = rest;
  }
  return code;
}

}  // namespace

Error::Error(tf_status status, std::string message, std::string hint, int engine_code)
    : status_(status),
      engine_code_(engine_code),
      message_(std::move(message)),
      hint_(std::move(hint)) {}

// Codes: ClickHouse 26.7 src/Common/ErrorCodes.cpp.
tf_status StatusOfEngineCode(int code) {
  switch (code) {
    case 6:    // CANNOT_PARSE_TEXT
    case 8:    // THERE_IS_NO_COLUMN
    case 27:   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    case 36:   // BAD_ARGUMENTS
    case 38:   // CANNOT_PARSE_DATE
    case 41:   // CANNOT_PARSE_DATETIME
    case 42:   // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    case 43:   // ILLEGAL_TYPE_OF_ARGUMENT
    case 44:   // ILLEGAL_COLUMN
    case 46:   // UNKNOWN_FUNCTION
    case 50:   // UNKNOWN_TYPE
    case 53:   // TYPE_MISMATCH
    case 57:   // TABLE_ALREADY_EXISTS
    case 62:   // SYNTAX_ERROR
    case 72:   // CANNOT_PARSE_NUMBER
    case 82:   // DATABASE_ALREADY_EXISTS
    case 115:  // UNKNOWN_SETTING
    case 184:  // ILLEGAL_AGGREGATION
    case 215:  // NOT_AN_AGGREGATE
    case 386:  // NO_COMMON_TYPE
    case 456:  // UNKNOWN_QUERY_PARAMETER
      return TF_INVALID;
    case 10:   // NOT_FOUND_COLUMN_IN_BLOCK
    case 16:   // NO_SUCH_COLUMN_IN_TABLE
    case 47:   // UNKNOWN_IDENTIFIER
    case 60:   // UNKNOWN_TABLE
    case 81:   // UNKNOWN_DATABASE
    case 390:  // CANNOT_GET_CREATE_TABLE_QUERY
      return TF_NOT_FOUND;
    case 241:  // MEMORY_LIMIT_EXCEEDED
    case 173:  // CANNOT_ALLOCATE_MEMORY
      return TF_MEMORY;
    case 243:  // NOT_ENOUGH_SPACE
      return TF_DISK_FULL;
    case 394:  // QUERY_WAS_CANCELLED
    case 734:  // QUERY_WAS_CANCELLED_BY_CLIENT
      return TF_CANCELLED;
    case 497:  // ACCESS_DENIED
      return TF_DENIED;
    default:
      return TF_ENGINE;
  }
}

Error EngineError(std::string_view text) {
  std::string_view message = text;
  const int code = TakePrefixes(&message);
  // "(version ...)" and what follows it, a stack trace, says nothing to a user.
  if (const size_t at = message.find(" (version "); at != std::string_view::npos) {
    message = message.substr(0, at);
  }
  // What a failed call of the C++ library says of itself, before what happened.
  constexpr std::string_view kFilesystem =
      "std::__1::filesystem::filesystem_error: filesystem error: in ";
  if (message.starts_with(kFilesystem)) message.remove_prefix(kFilesystem.size());
  tf_status status = StatusOfEngineCode(code);
  // ClickHouse reports failed writes under several codes; the system's own words tell.
  if (message.find("No space left on device") != std::string_view::npos) status = TF_DISK_FULL;
  const bool is_read_only = message.find("Read-only file system") != std::string_view::npos;
  if (is_read_only) status = TF_DENIED;
  const bool is_denied = message.find("Permission denied") != std::string_view::npos;
  if (is_denied) status = TF_DENIED;
  std::string text_of_message(message.empty() ? std::string_view("the engine gave no reason")
                                              : message);
  return Error(status, std::move(text_of_message),
               is_read_only ? kReadOnlyHint
               : is_denied  ? kDeniedHint
                            : HintOfStatus(status),
               code);
}

Error SystemError(int error_number, std::string_view action, std::string_view path) {
  std::string message = std::string(action) + " " + std::string(path) + ": " +
                        std::string(std::strerror(error_number));
  switch (error_number) {
    case EROFS:
      return Error(TF_DENIED, std::move(message), kReadOnlyHint);
    case EACCES:
    case EPERM:
      return Error(TF_DENIED, std::move(message), "Choose a folder that this user may write to.");
    case ENOSPC:
    case EDQUOT:
      return Error(TF_DISK_FULL, std::move(message), HintOfStatus(TF_DISK_FULL));
    case ENOENT:
      return Error(TF_NOT_FOUND, std::move(message));
    case ENOTDIR:
    case EEXIST:
      return Error(TF_INVALID, std::move(message), "The engine needs a folder of its own.");
    default:
      return Error(TF_ENGINE, std::move(message));
  }
}

}  // namespace theflash
