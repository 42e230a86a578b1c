#include "arrow/arrow_ipc.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "sample_stream.h"

namespace theflash {
namespace {

using Bytes = std::vector<uint8_t>;

std::vector<ArrowMessage> ReadAll(std::span<const uint8_t> stream) {
  ArrowReader reader(stream);
  std::vector<ArrowMessage> messages;
  while (const auto message = reader.Next()) messages.push_back(*message);
  return messages;
}

TEST(ArrowReader, SplitsAStreamIntoItsMessages) {
  const Bytes stream = SampleStream();
  const auto messages = ReadAll(stream);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].header, ArrowHeader::kSchema);
  EXPECT_EQ(messages[1].header, ArrowHeader::kRecordBatch);
  EXPECT_EQ(messages[1].rows, 1U);
  EXPECT_FALSE(messages[1].compressed);
  EXPECT_EQ(messages[0].bytes.data(), stream.data());
  EXPECT_EQ(messages[0].bytes.size() + messages[1].bytes.size() + 8, stream.size());
  EXPECT_EQ(FieldNames(messages[0]), (std::vector<std::string>{"one", "two"}));
}

TEST(ArrowReader, RenamesFieldsInPlace) {
  const Bytes stream = SampleStream();
  const auto messages = ReadAll(stream);
  const Bytes renamed = RenameFields(messages[0], {"uno", "two"});
  EXPECT_EQ(FieldNames(ReadAll(renamed).at(0)), (std::vector<std::string>{"uno", "two"}));
  EXPECT_EQ(renamed.size(), messages[0].bytes.size());
  EXPECT_THROW(RenameFields(messages[0], {"longer", "two"}), Error);
}

TEST(ArrowReader, GivesAnEmptySchema) {
  const auto messages = ReadAll(EmptySchemaMessage());
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].header, ArrowHeader::kSchema);
  EXPECT_TRUE(FieldNames(messages[0]).empty());
}

TEST(ArrowReader, RefusesBytesBehindTheEnd) {
  Bytes stream = SampleStream();
  stream.push_back(0);
  EXPECT_THROW(ReadAll(stream), Error);
}

// The only outcomes are messages inside of the bytes, or an Error of the caller's making.
void ReadHostile(const Bytes& stream) {
  try {
    for (const auto& message : ReadAll(stream)) {
      ASSERT_GE(message.bytes.data(), stream.data());
      ASSERT_LE(message.bytes.data() + message.bytes.size(), stream.data() + stream.size());
      if (message.header == ArrowHeader::kSchema) {
        const auto names = FieldNames(message);
        RenameFields(message, names);
      }
    }
  } catch (const Error& error) {
    ASSERT_EQ(error.status(), TF_INVALID) << error.message();
  }
}

TEST(ArrowReader, SurvivesACutAtEveryByte) {
  const Bytes stream = SampleStream();
  const auto messages = ReadAll(stream);
  for (size_t size = 0; size < stream.size(); ++size) {
    const Bytes cut(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(size));
    ReadHostile(cut);
    const bool is_between_messages = size == 0 || size == messages[0].bytes.size() ||
                                     size == messages[0].bytes.size() + messages[1].bytes.size();
    if (!is_between_messages) {
      EXPECT_THROW(ReadAll(cut), Error) << "cut at " << size;
    }
  }
}

TEST(ArrowReader, SurvivesEveryFlippedByte) {
  const Bytes stream = SampleStream();
  for (size_t at = 0; at < stream.size(); ++at) {
    for (const uint8_t mask : {0x01, 0x80, 0xFF}) {
      Bytes flipped = stream;
      flipped[at] ^= mask;
      ReadHostile(flipped);
    }
  }
}

TEST(ArrowReader, SurvivesRandomBytesBehindAGoodPrefix) {
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    Bytes stream(16 + random() % 128);
    for (uint8_t& byte : stream) byte = static_cast<uint8_t>(random() % 3 == 0 ? random() : 0);
    const Bytes prefix = {0xFF, 0xFF, 0xFF, 0xFF, static_cast<uint8_t>(stream.size() - 8), 0, 0, 0};
    std::copy(prefix.begin(), prefix.end(), stream.begin());
    ReadHostile(stream);
  }
}

}  // namespace
}  // namespace theflash
