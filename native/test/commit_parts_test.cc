// The parts of a commit on a real engine: staging, tables without a key, the ledger and what it
// makes good behind a crash.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "folder/folder.h"
#include "folder/overlay.h"
#include "session/chdb_abi.h"
#include "session/connection_pool.h"
#include "store/ledger.h"
#include "store/multiset.h"
#include "store/versions.h"

namespace theflash {
namespace {

constexpr char kHidden[] =
    "_INTERNAL_VERSION UInt64 MATERIALIZED 0, _INTERNAL_DELMARK UInt8 MATERIALIZED 0";

class CommitPartsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "theflash-commit-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    chdb_set_signal_handlers_enabled(0);
    folder_ = std::make_unique<Folder>(root_, true);
    const std::vector<std::string> arguments = {"--path=" + folder_->path(),
                                                "--config-file=" + WriteOverlay(*folder_, {})};
    connection_ = std::make_unique<Connection>(arguments, "control");
    writers_ = std::make_unique<ConnectionPool>(arguments, "writer", 4);
    ledger_ = std::make_unique<Ledger>(connection_.get(), writers_.get(),
                                       folder_->OwnPath("direct-rows"));
    connection_->Execute("CREATE DATABASE db");
  }
  void TearDown() override {
    ledger_.reset();
    writers_->Close();
    connection_.reset();
    folder_.reset();
    std::filesystem::remove_all(root_);
  }

  void MakeKeyed(const std::string& name) {
    connection_->Execute("CREATE TABLE " + name + " (k Int64, v String, " + kHidden +
                         ") ENGINE = ReplacingMergeTree(_INTERNAL_VERSION, _INTERNAL_DELMARK) "
                         "ORDER BY k");
  }
  // A staged table of one row for db.<table>.
  Staged Stage(const std::string& staging, const std::string& table, int version) {
    MakeKeyed("theflash_staging." + staging);
    connection_->Execute("INSERT INTO theflash_staging." + staging +
                         " (k, v, _INTERNAL_VERSION, _INTERNAL_DELMARK) SELECT 1, '" + staging +
                         "', " + std::to_string(version) + ", 0");
    return {staging, "db", table};
  }
  std::string Value(const std::string& expression) {
    return connection_->Rows("SELECT toString(" + expression + ")").at(0).at(0);
  }
  std::string StagedTables() {
    return Value("(SELECT count() FROM system.tables WHERE database = 'theflash_staging')");
  }

  std::string root_;
  std::unique_ptr<Folder> folder_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ConnectionPool> writers_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(CommitPartsTest, WhatWasRecordedIsPublishedByRecover) {
  MakeKeyed("db.a");
  MakeKeyed("db.b");
  const std::vector<Staged> staged = {Stage("x", "a", 5), Stage("y", "b", 6)};
  Stage("left", "a", 9);  // of a batch that never came to its commit
  ledger_->Record(7, "source", "it's\t\\ a text", staged);
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT v FROM db.a)"), "x");
  EXPECT_EQ(Value("(SELECT v FROM db.b)"), "y");
  EXPECT_EQ(StagedTables(), "0");
  EXPECT_EQ(ledger_->ReadCheckpoint("source"), "it's\t\\ a text");
  EXPECT_EQ(ledger_->ReadCheckpoint("other"), std::nullopt);
  EXPECT_EQ(ledger_->LastCommitId(), 7U);
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT count() FROM db.a)"), "1");
}

TEST_F(CommitPartsTest, PublishingTwiceChangesNothing) {
  MakeKeyed("db.a");
  const std::vector<Staged> staged = {Stage("x", "a", 5)};
  ledger_->Record(7, "source", "c", staged);
  ledger_->Publish(staged);
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT count() FROM db.a)"), "1");
}

TEST_F(CommitPartsTest, ATableThatIsGoneIsLeftOut) {
  MakeKeyed("db.a");
  MakeKeyed("db.gone");
  const std::vector<Staged> staged = {Stage("x", "gone", 5), Stage("y", "a", 6)};
  ledger_->Record(7, "source", "c", staged);
  connection_->Execute("DROP TABLE db.gone");
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT v FROM db.a)"), "y");
  EXPECT_EQ(StagedTables(), "0");
}

TEST_F(CommitPartsTest, AnOlderCommitIsNotCarriedOutAgain) {
  MakeKeyed("db.a");
  ledger_->Record(7, "source", "first", {{"x", "db", "a"}});
  ledger_->Record(8, "source", "second", {});
  Stage("x", "a", 5);  // as a leftover of the first would stand there
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT count() FROM db.a)"), "0");
  EXPECT_EQ(ledger_->ReadCheckpoint("source"), "second");
  EXPECT_EQ(ledger_->Checkpoints().size(), 1U);
}

TEST_F(CommitPartsTest, DirectRowsOfTheLastCommitAreInsertedByRecover) {
  MakeKeyed("db.a");
  const auto rows = [&](const char* v, int version) {
    const Result result = connection_->Query(
        "SELECT toInt64(1) AS k, '" + std::string(v) + "' AS v, toUInt64(" +
            std::to_string(version) + ") AS _INTERNAL_VERSION, toUInt8(0) AS _INTERNAL_DELMARK",
        "ArrowStream");
    return std::make_shared<const std::vector<uint8_t>>(result.bytes().begin(),
                                                        result.bytes().end());
  };
  const std::vector<Staged> first = {{"7_1", "db", "a", rows("first", 5)},
                                     {"7_2", "db", "gone", rows("gone", 6)}};
  ledger_->Keep(first);
  ledger_->Record(7, "source", "c", first);
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT v FROM db.a)"), "first");
  // Kept for a commit that was never recorded.
  ledger_->Keep({{"8_1", "db", "a", rows("second", 7)}});
  ledger_->Recover();
  ledger_->Record(9, "source", "c", {{"8_1", "db", "a"}});
  ledger_->Recover();
  EXPECT_EQ(Value("(SELECT v FROM db.a)"), "first");
}

TEST_F(CommitPartsTest, TheNewestVersionIsThatOfAnyTable) {
  EXPECT_EQ(ledger_->NewestVersion(), 0U);
  MakeKeyed("db.a");
  const std::vector<Staged> staged = {Stage("x", "a", 41)};
  ledger_->Record(7, "source", "c", staged);
  ledger_->Recover();
  EXPECT_EQ(ledger_->NewestVersion(), 41U);
}

class MultisetTest : public CommitPartsTest {
 protected:
  void SetUp() override {
    CommitPartsTest::SetUp();
    versions_ = std::make_unique<Versions>(connection_.get());
    const std::string columns =
        std::string(" (v Nullable(String), ") + kHidden +
        ", _INTERNAL_ROW_HASH UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(tuple(v))), "
        "_INTERNAL_ROW_INDEX UInt64 MATERIALIZED 0)";
    const std::string engine =
        " ENGINE = ReplacingMergeTree(_INTERNAL_VERSION, _INTERNAL_DELMARK) ORDER BY "
        "(_INTERNAL_ROW_HASH, _INTERNAL_ROW_INDEX)";
    connection_->Execute("CREATE TABLE db.target" + columns + engine);
    connection_->Execute("CREATE TABLE db.staging" + columns + engine);
    connection_->Execute("CREATE TABLE db.raw" + columns + " ENGINE = MergeTree ORDER BY tuple()");
    tables_ = {"db.raw", "db.staging", "db.target", {"v"}};
  }

  // Applies changes, "+a" or "-a" with "+" alone for NULL, and gives the target's rows.
  std::string Apply(const std::vector<std::string>& changes) {
    connection_->Execute("TRUNCATE TABLE db.raw");
    connection_->Execute("TRUNCATE TABLE db.staging");
    uint64_t version = versions_->Reserve(changes.size());
    for (const std::string& change : changes) {
      const std::string value = change.size() == 1 ? "NULL" : "'" + change.substr(1) + "'";
      connection_->Execute("INSERT INTO db.raw (v, _INTERNAL_VERSION, _INTERNAL_DELMARK) SELECT " +
                           value + ", " + std::to_string(version++) + ", " +
                           (change[0] == '-' ? "1" : "0"));
    }
    StageMultiset(*connection_, *versions_, tables_);
    connection_->Execute("ALTER TABLE db.target ATTACH PARTITION ALL FROM db.staging");
    return Value(
        "(SELECT arrayStringConcat(arraySort(groupArray(ifNull(v, 'NULL'))), ' ') FROM db.target)");
  }

  std::unique_ptr<Versions> versions_;
  MultisetTables tables_;
};

TEST_F(MultisetTest, CountsEqualRows) {
  EXPECT_EQ(Apply({"+a", "+a", "+b", "+", "+"}), "NULL NULL a a b");
  EXPECT_EQ(Apply({"-a", "-", "+c"}), "NULL a b c");
  EXPECT_EQ(Apply({"+a", "-a", "+a", "-b", "+b", "+b"}), "NULL a a b b c");
  EXPECT_EQ(Apply({"-a", "-a", "-b", "-b", "-", "-c"}), "");
  EXPECT_EQ(Apply({"+a"}), "a");
}

TEST_F(MultisetTest, RefusesToDeleteWhatIsNotThere) {
  EXPECT_EQ(Apply({"+a"}), "a");
  try {
    Apply({"-a", "-a", "-b"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), TF_BROKEN_DATA);
    EXPECT_NE(error.message().find("2 row(s)"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace theflash
