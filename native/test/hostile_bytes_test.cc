// Whatever bytes come over the C ABI: a value or an Error, never a crash. Random from a seed; run
// under sanitizers too, which see every read past a buffer.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/arrow_ipc.h"
#include "arrow/flatbuffer.h"
#include "base/options.h"
#include "base/status.h"
#include "sample_stream.h"
#include "sql/rewrite.h"
#include "sql/split.h"
#include "sql/token.h"
#include "sql_catalog.h"

namespace theflash {
namespace {

constexpr int kRounds = 3000;

std::mt19937_64 MakeRandom() {
  const char* given = std::getenv("SEED");
  const uint64_t seed =
      given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  std::cout << "SEED=" << seed << "\n";
  return std::mt19937_64(seed);
}

// Flips, cuts, repeats and overwrites parts of a text.
template <typename Text>
Text Damage(Text text, std::mt19937_64& random) {
  for (uint64_t changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
    const size_t at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text[at] = static_cast<typename Text::value_type>(random());
        break;
      case 1:
        text[at] ^= static_cast<typename Text::value_type>(1U << (random() % 8));
        break;
      case 2:
        text.resize(at);
        break;
      case 3:
        text.insert(text.end(), text.begin(), text.begin() + static_cast<ptrdiff_t>(at));
        break;
      default:
        for (size_t i = at; i < text.size() && i < at + 4; ++i) {
          text[i] = static_cast<typename Text::value_type>(random() % 2 == 0 ? 0xFF : 0);
        }
    }
  }
  return text;
}

void ReadAll(const std::vector<uint8_t>& stream) {
  try {
    ArrowReader reader(stream);
    while (const auto message = reader.Next()) {
      ASSERT_LE(message->bytes.size(), stream.size());
      if (message->header != ArrowHeader::kSchema) continue;
      const auto names = FieldNames(*message);
      std::vector<std::string> others;
      for (const std::string& name : names) others.emplace_back(name.size(), 'x');
      RenameFields(*message, others);
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), TF_INVALID) << error.message();
  }
  try {
    const auto schema = ArrowReader(stream).Next();
    if (!schema || schema->header != ArrowHeader::kSchema) return;
    const auto names = FieldNames(*schema);
    if (names.empty()) return;
    BoundsOfFirstField(stream, names.front());
    BoundsOfLastField(stream, names.back());
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), TF_INVALID) << error.message();
  }
}

TEST(HostileBytes, ArrowStreamsGiveMessagesOrAnError) {
  const std::span<const uint8_t> empty = EmptySchemaMessage();
  const std::vector<uint8_t> whole = SampleStream();
  ReadAll(whole);
  for (auto end = whole.begin(); end != whole.end(); ++end) ReadAll({whole.begin(), end});
  auto random = MakeRandom();
  for (int round = 0; round < kRounds; ++round) {
    ReadAll(Damage(whole, random));
    ReadAll(Damage(std::vector<uint8_t>(empty.begin(), empty.end()), random));
  }
}

TEST(HostileBytes, SqlIsRewrittenOrRefused) {
  const std::vector<std::string> texts = {
      "WITH a AS (SELECT 1) INSERT INTO db.t (k, v) SETTINGS x = 1 SELECT * FROM a -- end",
      "UPSERT INTO db.t VALUES (1, 'it''s \\' x'), (2, $h$ ; $h$); SELECT \"a\"\"b\", `c\\`d`",
      "UPDATE db.t SET v = concat(v, '/* no */'), k = k + 1 WHERE k IN (1, 2) SETTINGS a = 1",
      ("CREATE TABLE db.n (a Int8, b Nullable(String) DEFAULT 'x') ENGINE = MutableMergeTree(4, "
       "(a), 8192) PARTITION BY a COMMENT 'c'"),
      "CREATE SNAPSHOT s OF db.t, db.m EXPIRES IN 10 SECONDS; SELECT * FROM db.t AT SNAPSHOT s",
      "IMPORT INTO db.t (k, v, _INTERNAL_VERSION, _INTERNAL_DELMARK) FORMAT Values (1,'a',2,0)",
      "SELECT * FROM format(JSONEachRow, 'a String', '{}') WHERE {p:UInt8} = 0x1F /* /* */ */",
      ("OPTIMIZE TABLE db.t ELIMINATE; DELETE FROM db.m WHERE v LIKE '%;'; ALTER TABLE db.t ADD "
       "COLUMN x Int8 AFTER k; SHOW CREATE TABLE db.t; DESC db.t; SELRAW * FROM db.t"),
  };
  auto random = MakeRandom();
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = Damage(texts[random() % texts.size()], random);
    try {
      for (const std::string_view part : sql::Split(text)) {
        (void)sql::FindInsertData(part);
        sql::MapCatalog catalog = sql::MapCatalog::WithTables();
        for (const auto& statement : sql::Rewrite(part, catalog, {})) statement.Fill(7);
      }
    } catch (const sql::SqlError& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
}

TEST(HostileBytes, OptionsAreReadOrRefused) {
  const std::string whole =
      R"({"create": false, "memory_bytes_max": 1, "scans_max":3, "allow_external" : true})";
  auto random = MakeRandom();
  for (int round = 0; round < kRounds; ++round) {
    try {
      EXPECT_GE(ParseOptions(Damage(whole, random)).scans_max, 1U);
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), TF_INVALID);
    }
  }
}

TEST(HostileBytes, EngineErrorsAreReadWhateverTheySay) {
  const std::string whole =
      "Code: 108. DB::Exception: Code: 241. DB::Exception: Memory (MEMORY) (version 26.7.2.1)";
  auto random = MakeRandom();
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_NE(EngineError(Damage(whole, random)).message(), "");
  }
}

}  // namespace
}  // namespace theflash
