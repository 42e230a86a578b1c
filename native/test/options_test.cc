#include "base/options.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace theflash {
namespace {

TEST(Options, HaveDefaults) {
  for (const char* text : {"", "  ", "{}", " { } "}) {
    const Options options = ParseOptions(text);
    EXPECT_TRUE(options.create);
    EXPECT_EQ(options.scans_max, 32U);
    EXPECT_FALSE(options.allow_external);
  }
}

TEST(Options, ReadEveryMember) {
  const Options options = ParseOptions(
      R"({"create": false, "memory_bytes_max": 1, "query_memory_bytes_max":2,
          "scans_max":3,"allow_external":true, "allow_broken":true, "sandbox" : "require",
          "allow_paths":["/a", " /b\"\\\/\u0009:ro" ],"allow_paths_read_only":[]})");
  EXPECT_FALSE(options.create);
  EXPECT_EQ(options.memory_bytes_max, 1U);
  EXPECT_EQ(options.query_memory_bytes_max, 2U);
  EXPECT_EQ(options.scans_max, 3U);
  EXPECT_TRUE(options.allow_external);
  EXPECT_TRUE(options.allow_broken);
  EXPECT_EQ(options.sandbox, SandboxMode::kRequire);
  const std::vector<std::string> paths = {"/a", " /b\"\\/\t:ro"};
  EXPECT_EQ(options.allow_paths, paths);
  EXPECT_TRUE(options.allow_paths_read_only.empty());
}

TEST(Options, RefuseAllElse) {
  for (const char* text : {"x",
                           "{",
                           "{\"create\"}",
                           "{\"create\":1}",
                           "{\"create\":true,}",
                           "{\"scans_max\":0}",
                           "{\"scans_max\":-1}",
                           "{\"scans_max\":1.5}",
                           "{\"scans_max\":99999}",
                           "{\"other\":1}",
                           "{\"create\":true}x",
                           "{\"create\":true,\"create\":true}",
                           "{\"create",
                           "{\"memory_bytes_max\":99999999999999999999999}",
                           "{\"sandbox\":\"on\"}",
                           "{\"sandbox\":true}",
                           "{\"allow_paths\":\"/a\"}",
                           "{\"allow_paths\":[\"/a\"",
                           "{\"allow_paths\":[\"/a\\u00e9\"]}",
                           "{\"allow_paths\":[\"/a\\",
                           "{\"allow_paths\":[1]}"}) {
    EXPECT_THROW(ParseOptions(text), Error) << text;
  }
}

}  // namespace
}  // namespace theflash
