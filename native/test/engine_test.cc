// The C ABI on a real engine: handles, misuse, and what other threads may do meanwhile.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "theflash.h"

namespace {

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "theflash-native-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ASSERT_EQ(Open(&engine_), TF_OK) << error_.message;
  }
  void TearDown() override {
    tf_engine_close(&engine_);
    tf_error_clear(&error_);
    std::filesystem::remove_all(folder_);
  }

  tf_status Open(tf_engine** engine) {
    tf_error_clear(&error_);
    // A process has one sandbox: one that holds for the folders of all tests.
    const std::string options = "{\"allow_paths\":[\"" + testing::TempDir() + "\"]}";
    return tf_engine_open(folder_.data(), folder_.size(), options.data(), options.size(), engine,
                          &error_);
  }
  tf_status Execute(std::string_view sql) {
    tf_error_clear(&error_);
    return tf_execute(engine_, sql.data(), sql.size(), &error_);
  }
  tf_scan* Scan(std::string_view sql) {
    tf_scan* scan = nullptr;
    tf_error_clear(&error_);
    EXPECT_EQ(tf_scan_open(engine_, sql.data(), sql.size(), &scan, &error_), TF_OK);
    return scan;
  }

  std::string folder_;
  tf_engine* engine_ = nullptr;
  tf_error error_ = {};
};

// Draws a scan to its end; gives its rows, and its last status.
uint64_t Drain(tf_scan* scan, tf_status* last) {
  uint64_t total = 0;
  const uint8_t* data = nullptr;
  size_t length = 0;
  uint64_t rows = 0;
  while ((*last = tf_scan_next(scan, &data, &length, &rows, nullptr)) == TF_OK) total += rows;
  return total;
}

TEST_F(EngineTest, GivesRowsAndErrors) {
  EXPECT_EQ(Execute("CREATE DATABASE d; CREATE TABLE d.t (k Int64) ENGINE = MutableMergeTree "
                    "ORDER BY (k); INSERT INTO d.t VALUES (1), (2), (2)"),
            TF_OK);
  tf_scan* scan = Scan("SELECT * FROM d.t");
  tf_status last = TF_OK;
  EXPECT_EQ(Drain(scan, &last), 2U);
  EXPECT_EQ(last, TF_END);
  tf_scan_close(&scan);
  EXPECT_EQ(scan, nullptr);
  tf_scan_close(&scan);
  EXPECT_EQ(Execute("SELECT * FROM d.no"), TF_NOT_FOUND);
  EXPECT_EQ(error_.engine_code, 60);
  EXPECT_NE(error_.message, nullptr);
}

TEST_F(EngineTest, RefusesNullAndClosedHandles) {
  tf_engine* none = nullptr;
  EXPECT_EQ(tf_execute(none, "SELECT 1", 8, nullptr), TF_INVALID);
  EXPECT_EQ(tf_execute(engine_, nullptr, 8, nullptr), TF_INVALID);
  EXPECT_EQ(tf_scan_open(engine_, "SELECT 1", 8, nullptr, nullptr), TF_INVALID);
  tf_scan_cancel(nullptr);
  tf_engine_close(nullptr);
  tf_engine* copy = engine_;
  tf_engine_close(&engine_);
  EXPECT_EQ(tf_execute(copy, "SELECT 1", 8, nullptr), TF_INVALID);
  tf_engine_close(&copy);
}

// Addresses come back by the next allocation of the same size.
TEST_F(EngineTest, GivesNoHandleTwice) {
  tf_scan* first = nullptr;
  ASSERT_EQ(tf_scan_new(engine_, &first, nullptr), TF_OK);
  tf_scan* const copy = first;
  tf_scan_close(&first);
  for (int round = 0; round < 1000; ++round) {
    tf_scan* other = nullptr;
    ASSERT_EQ(tf_scan_new(engine_, &other, nullptr), TF_OK);
    EXPECT_NE(other, copy);
    EXPECT_EQ(tf_scan_start(copy, "SELECT 1", 8, nullptr), TF_INVALID);
    tf_scan_close(&other);
  }
  // Nor one of another kind.
  EXPECT_EQ(tf_batch_commit(reinterpret_cast<tf_batch*>(engine_), "s", 1, "c", 1, nullptr),
            TF_INVALID);
}

TEST_F(EngineTest, CancelsAScanFromAnotherThread) {
  tf_scan* scan = Scan("SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)");
  tf_status last = TF_OK;
  std::thread reader([&] { Drain(scan, &last); });
  tf_scan_cancel(scan);
  reader.join();
  EXPECT_EQ(last, TF_CANCELLED);
  tf_scan_close(&scan);
  EXPECT_EQ(Execute("SELECT 1"), TF_OK);
}

TEST_F(EngineTest, ClosesWithScansAndABatchUnderWay) {
  tf_scan* scan = Scan("SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)");
  tf_batch* batch = nullptr;
  ASSERT_EQ(tf_batch_open(engine_, &batch, nullptr), TF_OK);
  tf_status scan_ended = TF_OK;
  tf_status batch_refused = TF_OK;
  std::thread reader([&] { Drain(scan, &scan_ended); });
  tf_engine* const engine = engine_;
  std::thread waiter([&] {
    tf_batch* second = nullptr;
    batch_refused = tf_batch_open(engine, &second, nullptr);
  });
  tf_engine_close(&engine_);
  reader.join();
  waiter.join();
  EXPECT_EQ(scan_ended, TF_CANCELLED);
  EXPECT_TRUE(batch_refused == TF_CANCELLED || batch_refused == TF_INVALID) << batch_refused;
  EXPECT_EQ(tf_batch_commit(batch, "s", 1, "c", 1, nullptr), TF_CANCELLED);
  tf_batch_close(&batch);
  tf_scan_close(&scan);
  EXPECT_EQ(Open(&engine_), TF_OK) << error_.message;
}

TEST_F(EngineTest, RunsScansAndStatementsOfManyThreads) {
  ASSERT_EQ(Execute("CREATE DATABASE d; CREATE TABLE d.t (k Int64) ENGINE = MutableMergeTree "
                    "ORDER BY (k)"),
            TF_OK);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([this, thread] {
      const std::string insert = "INSERT INTO d.t VALUES (" + std::to_string(thread) + ")";
      EXPECT_EQ(tf_execute(engine_, insert.data(), insert.size(), nullptr), TF_OK);
      tf_scan* scan = nullptr;
      const std::string sql = "SELECT * FROM numbers(100000)";
      ASSERT_EQ(tf_scan_open(engine_, sql.data(), sql.size(), &scan, nullptr), TF_OK);
      tf_status last = TF_OK;
      EXPECT_EQ(Drain(scan, &last), 100000U);
      EXPECT_EQ(last, TF_END);
      tf_scan_close(&scan);
    });
  }
  for (std::thread& thread : threads) thread.join();
  tf_scan* scan = Scan("SELECT * FROM d.t");
  tf_status last = TF_OK;
  EXPECT_EQ(Drain(scan, &last), 8U);
  tf_scan_close(&scan);
}

}  // namespace
