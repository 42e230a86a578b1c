// Connections to a real engine, their pool, the versions that they count, and how their queries are
// cancelled.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "folder/folder.h"
#include "folder/overlay.h"
#include "session/canceller.h"
#include "session/chdb_abi.h"
#include "session/connection_pool.h"
#include "store/ledger.h"
#include "store/versions.h"

namespace theflash {
namespace {

constexpr char kEndless[] = "SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)";

class ConnectionsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "theflash-connections-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    chdb_set_signal_handlers_enabled(0);
    folder_ = std::make_unique<Folder>(root_, true);
    arguments_ = {"--path=" + folder_->path(), "--config-file=" + WriteOverlay(*folder_, {})};
    control_ = std::make_unique<Connection>(arguments_, "control");
  }
  void TearDown() override {
    control_.reset();
    folder_.reset();
    std::filesystem::remove_all(root_);
  }

  std::string root_;
  std::unique_ptr<Folder> folder_;
  std::vector<std::string> arguments_;
  std::unique_ptr<Connection> control_;
};

TEST_F(ConnectionsTest, AConnectionGivesRowsUnescaped) {
  const auto rows = control_->Rows("SELECT 'a\\tb\\n\\\\', 1 UNION ALL SELECT '', 2 ORDER BY 2");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at(0), "a\tb\n\\");
  EXPECT_EQ(rows[1].at(0), "");
  EXPECT_TRUE(control_->Rows("SELECT 1 WHERE 0").empty());
}

TEST_F(ConnectionsTest, AFailedQueryLeavesNothingForTheNext) {
  EXPECT_THROW(control_->Query("SELECT throwIf(number = 90000) FROM numbers(100000)", "TSV"),
               Error);
  EXPECT_EQ(control_->Rows("SELECT 7").at(0).at(0), "7");
  Result stream = control_->OpenStream("SELECT number FROM numbers(1000000)");
  control_->Fetch(stream);
  control_->CloseStream(std::move(stream));
  EXPECT_EQ(control_->Rows("SELECT 8").at(0).at(0), "8");
}

// What a connection does after an error that leaves it spoilt, while it can't be replaced.
class SpoiltConnectionTest : public ConnectionsTest {
 protected:
  // Like one that a full disk or no memory makes fail.
  static void BreakReplacing() { setenv("THEFLASH_FAILPOINT", "fail:replace-connection", 1); }
  static void MendReplacing() { unsetenv("THEFLASH_FAILPOINT"); }
  void TearDown() override {
    MendReplacing();
    ConnectionsTest::TearDown();
  }

  template <typename Call>
  static std::string ErrorOf(Call call) {
    try {
      call();
    } catch (const Error& error) {
      return error.message();
    }
    return "none";
  }
};

TEST_F(SpoiltConnectionTest, TellsTheQuerysOwnErrorAndHealsByTheNext) {
  BreakReplacing();
  const auto fails = [&] {
    control_->Query("SELECT throwIf(number = 90000) FROM numbers(100000)");
  };
  EXPECT_NE(ErrorOf(fails).find("throwIf"), std::string::npos) << ErrorOf(fails);
  const auto next = [&] { control_->Query("SELECT 7"); };
  EXPECT_NE(ErrorOf(next).find("replace-connection"), std::string::npos) << ErrorOf(next);
  const auto start = [&] { control_->Start("SELECT 7", "TSV", [] {}); };
  EXPECT_NE(ErrorOf(start).find("replace-connection"), std::string::npos) << ErrorOf(start);
  MendReplacing();
  EXPECT_EQ(control_->Rows("SELECT 8").at(0).at(0), "8");
}

TEST_F(SpoiltConnectionTest, ClosesAStreamAllTheSame) {
  for (const char* sql : {"SELECT throwIf(number = 90000) FROM numbers(1000000)",
                          "SELECT number FROM numbers(10000000)"}) {
    BreakReplacing();
    Result stream = control_->OpenStream(sql);
    const std::string error = ErrorOf([&] {
      for (int piece = 0; piece < 3; ++piece) control_->Fetch(stream);
    });
    EXPECT_EQ(error.find("replace-connection"), std::string::npos) << error;
    control_->CloseStream(std::move(stream));
    EXPECT_THROW(control_->Query("SELECT 7"), Error);
    MendReplacing();
    EXPECT_EQ(control_->Rows("SELECT 8").at(0).at(0), "8");
  }
}

TEST_F(SpoiltConnectionTest, RunsNothingWithTheSettingsOfAnother) {
  control_->Change("SET max_block_size = 77");
  BreakReplacing();
  control_->Reset();
  EXPECT_THROW(control_->Query("SELECT getSetting('max_block_size')"), Error);
  MendReplacing();
  EXPECT_NE(control_->Rows("SELECT getSetting('max_block_size')").at(0).at(0), "77");
}

TEST_F(SpoiltConnectionTest, RunsNothingOutsideOfItsRole) {
  EXPECT_THROW(control_->SetRole("nobody"), Error);
  EXPECT_THROW(control_->Query("SELECT 1"), Error);
  EXPECT_THROW(control_->Start("SELECT 1", "TSV", [] {}), Error);
  control_->Reset();
  EXPECT_EQ(control_->Rows("SELECT 1").at(0).at(0), "1");
}

TEST_F(ConnectionsTest, AClosedConnectionSaysSo) {
  Connection connection(arguments_, "closed");
  connection.Close();
  connection.Close();
  try {
    connection.Execute("SELECT 1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), TF_CANCELLED);
  }
}

TEST_F(ConnectionsTest, APoolLendsNoMoreThanItMayAndUsesThemAgain) {
  ConnectionPool pool(arguments_, "pool", 2);
  std::string first_tag;
  {
    const Lease first = pool.Take();
    first_tag = first->tag();
    Lease second = pool.Take();
    EXPECT_EQ(pool.TagsInUse().size(), 2U);
    std::atomic<bool> got = false;
    std::thread third([&] {
      pool.Take();
      got = true;
    });
    EXPECT_EQ(second->Rows("SELECT 1").size(), 1U);
    EXPECT_FALSE(got);
    Lease().Return();  // has nothing to give back
    second.Return();
    third.join();
    EXPECT_TRUE(got);
  }
  EXPECT_TRUE(pool.TagsInUse().empty());
  const Lease one = pool.Take();
  const Lease two = pool.Take();
  EXPECT_TRUE(one->tag() == first_tag || two->tag() == first_tag);
}

TEST_F(ConnectionsTest, AShutPoolTurnsWaitersAway) {
  ConnectionPool pool(arguments_, "pool", 1);
  Lease held = pool.Take();
  tf_status turned_away = TF_OK;
  std::thread waiter([&] {
    try {
      pool.Take();
    } catch (const Error& error) {
      turned_away = error.status();
    }
  });
  pool.Close();
  waiter.join();
  EXPECT_EQ(turned_away, TF_CANCELLED);
  EXPECT_THROW(held->Execute("SELECT 1"), Error);
  EXPECT_THROW(pool.Take(), Error);
  held.Return();
}

TEST_F(ConnectionsTest, TheCancellerEndsOneQueryAndNoOther) {
  Canceller canceller(arguments_);
  Connection victim(arguments_, "victim");
  Connection other(arguments_, "other");
  std::thread running([&] { EXPECT_THROW(victim.Execute(kEndless), Error); });
  // Before the engine knows the query, or after: the kill is repeated until it hits.
  canceller.Start("victim");
  EXPECT_EQ(other.Rows("SELECT sum(number) FROM numbers(1000000)").at(0).at(0), "499999500000");
  running.join();
  canceller.Stop("victim");
  EXPECT_EQ(victim.Rows("SELECT 1").at(0).at(0), "1");
  canceller.Shutdown();
  canceller.Shutdown();
  canceller.Start("victim");  // does nothing by now
}

TEST_F(ConnectionsTest, VersionsRiseOverRestartsAndAreGivenOnce) {
  ConnectionPool writers(arguments_, "writer", 2);
  const Ledger ledger(control_.get(), &writers, folder_->OwnPath("direct-rows"));
  uint64_t last = 0;
  for (int open = 0; open < 3; ++open) {
    Versions versions(control_.get());
    const uint64_t first = versions.Reserve(10);
    EXPECT_GT(first, last);
    EXPECT_EQ(versions.Reserve(1), first + 10);
    versions.GiveBack(first + 10);
    EXPECT_EQ(versions.Reserve(5), first + 10);
    last = versions.next() - 1;
    EXPECT_EQ(last, first + 14);
  }
}

TEST_F(ConnectionsTest, VersionsPassImportedOnesAndEndAtTheLast) {
  ConnectionPool writers(arguments_, "writer", 2);
  const Ledger ledger(control_.get(), &writers, folder_->OwnPath("direct-rows"));
  Versions versions(control_.get());
  versions.RaiseAbove(uint64_t{1} << 40U);
  EXPECT_EQ(versions.Reserve(1), (uint64_t{1} << 40U) + 1);
  versions.RaiseAbove(5);
  EXPECT_EQ(versions.Reserve(1), (uint64_t{1} << 40U) + 2);
  EXPECT_EQ(Versions(control_.get()).next() > (uint64_t{1} << 40U) + 2, true);
  versions.RaiseAbove(UINT64_MAX);
  EXPECT_THROW(versions.Reserve(1), Error);
}

TEST_F(ConnectionsTest, VersionsOfManyThreadsDoNotMeet) {
  ConnectionPool writers(arguments_, "writer", 2);
  const Ledger ledger(control_.get(), &writers, folder_->OwnPath("direct-rows"));
  Versions versions(control_.get());
  std::vector<std::thread> threads;
  std::vector<uint64_t> firsts(8);
  for (size_t index = 0; index < firsts.size(); ++index) {
    threads.emplace_back([&, index] { firsts[index] = versions.Reserve(100); });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(firsts.begin(), firsts.end());
  for (size_t index = 1; index < firsts.size(); ++index) {
    EXPECT_GE(firsts[index], firsts[index - 1] + 100);
  }
}

}  // namespace
}  // namespace theflash
