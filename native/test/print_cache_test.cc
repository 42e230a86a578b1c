// Goal: prints are kept for the texts that are asked for, within a bound. Method: more than fit.
#include "sql/print_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace theflash::sql {
namespace {

TEST(PrintCache, GivesWhatWasPut) {
  PrintCache cache;
  EXPECT_EQ(cache.Find("select 1"), std::nullopt);
  cache.Put("select 1", "SELECT 1");
  EXPECT_EQ(cache.Find("select 1"), "SELECT 1");
  EXPECT_EQ(cache.Find("select 1 "), std::nullopt);
}

TEST(PrintCache, KeepsWhatIsAskedForAndStaysWithinItsBound) {
  PrintCache cache;
  cache.Put("kept", "KEPT");
  const std::string print(10'000, 'x');
  for (int i = 0; i < 2'000; ++i) {
    cache.Put("select " + std::to_string(i), print);
    ASSERT_LE(cache.bytes(), PrintCache::kBytesMax);
    ASSERT_EQ(cache.Find("kept"), "KEPT");
  }
  EXPECT_EQ(cache.Find("select 0"), std::nullopt);
  EXPECT_EQ(cache.Find("select 1999"), print);
}

TEST(PrintCache, LeavesOutLongTexts) {
  PrintCache cache;
  cache.Put(std::string(PrintCache::kTextBytesMax + 1, 'x'), "X");
  EXPECT_EQ(cache.bytes(), 0U);
}

}  // namespace
}  // namespace theflash::sql
