#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace theflash {
namespace {

TEST(EngineError, ReadsCodeAndMessage) {
  const Error error = EngineError(
      "Code: 60. DB::Exception: Unknown table expression identifier 'a.b'. (UNKNOWN_TABLE) "
      "(version 26.7.2.1)");
  EXPECT_EQ(error.engine_code(), 60);
  EXPECT_EQ(error.status(), TF_NOT_FOUND);
  EXPECT_EQ(error.message(), "Unknown table expression identifier 'a.b'. (UNKNOWN_TABLE)");
}

TEST(EngineError, TakesTheInnermostOfNestedCodes) {
  const Error error = EngineError(
      "Code: 108. DB::Exception: Code: 241. DB::Exception: Memory limit exceeded (version 1)");
  EXPECT_EQ(error.engine_code(), 241);
  EXPECT_EQ(error.status(), TF_MEMORY);
  EXPECT_EQ(error.message(), "Memory limit exceeded");
  EXPECT_FALSE(error.hint().empty());
}

TEST(EngineError, KnowsAFullDiskByItsWords) {
  const Error error = EngineError(
      "Code: 75. DB::ErrnoException: Cannot write to file: errno: 28, strerror: No space left on "
      "device. (CANNOT_WRITE_TO_FILE_DESCRIPTOR)");
  EXPECT_EQ(error.status(), TF_DISK_FULL);
  EXPECT_EQ(error.engine_code(), 75);
}

TEST(EngineError, LeavesOutHowTheLibraryCallsItsErrors) {
  const Error error = EngineError(
      "Code: 1001. DB::Exception: std::__1::filesystem::filesystem_error: filesystem error: in "
      "create_directories: No space left on device [\"/x\"]. (STD_EXCEPTION)");
  EXPECT_EQ(error.status(), TF_DISK_FULL);
  EXPECT_EQ(error.message(),
            "create_directories: No space left on device [\"/x\"]. (STD_EXCEPTION)");
}

TEST(EngineError, KeepsTextsThatAreNoExceptions) {
  const Error error = EngineError("No active streaming query");
  EXPECT_EQ(error.status(), TF_ENGINE);
  EXPECT_EQ(error.engine_code(), 0);
  EXPECT_EQ(error.message(), "No active streaming query");
  EXPECT_FALSE(EngineError("").message().empty());
  EXPECT_EQ(EngineError("Code: x").message(), "Code: x");
}

TEST(SystemErrors, ComeToWhatTheCallerCanDo) {
  EXPECT_EQ(SystemError(EACCES, "opening", "/x").status(), TF_DENIED);
  EXPECT_EQ(SystemError(EROFS, "opening", "/x").status(), TF_DENIED);
  EXPECT_EQ(SystemError(ENOSPC, "writing", "/x").status(), TF_DISK_FULL);
  EXPECT_EQ(SystemError(ENOENT, "opening", "/x").status(), TF_NOT_FOUND);
  EXPECT_EQ(SystemError(EIO, "opening", "/x").message(), "opening /x: Input/output error");
}

}  // namespace
}  // namespace theflash
