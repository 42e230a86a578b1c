// The row kernel on damaged events, under sanitizers. That it writes what the TypeScript reference
// writes is shown by test/binlog/rows/row-kernel.test.ts and test/load/live/text-kernel.test.ts.
#include "binlog/row_kernel.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "base/crc32.h"
#include "binlog/column.h"
#include "binlog/text_rows.h"

namespace theflash::binlog {
namespace {

constexpr int kColumns = 5;
constexpr int kRows = 64;

using Columns = std::array<ColumnLayout, kColumns>;

// (id INT, note VARCHAR, price DECIMAL(10,2), made DATETIME(6), doc JSON), as in the log.
constexpr Columns kImage = {{
    {Kind::kBytes4, 4, 0, 0, 1, 0, 0, 0},
    {Kind::kBytes, -2, 1, 1, 0, 0, 0, 0},
    {Kind::kDecimal, 5, 2, 1, 0, 2, 4, 0},
    {Kind::kDatetime, 8, 3, 1, 0, 1'000'000, 1, 0},
    {Kind::kJson, -4, 4, 1, 0, 1, 0, 0},
}};

// The same columns, but for a TIME as the last, as the server shows them.
constexpr Columns kText = {{
    {Kind::kTextInt, 0, 0, 0, 1, 32, 0, 0},
    {Kind::kBytes, 0, 1, 1, 0, 0, 0, 0},
    {Kind::kTextDecimal, 0, 2, 1, 0, 10 | 2 << 8, 4, 0},
    {Kind::kTextDatetime, 0, 3, 1, 0, 1'000'000, 1, 0},
    {Kind::kTextTime, 0, 4, 1, 0, 0, 0, 0},
}};

bool HasOffsets(const ColumnLayout& column) {
  return column.kind == Kind::kBytes || column.kind == Kind::kJson;
}

// A table of such columns and its buffers.
class Table {
 public:
  explicit Table(const Columns& columns = kImage) {
    // Groups of DECIMAL(10,2): 8 digits in 4 bytes, 2 in 1.
    const uint32_t groups[] = {4, 100'000'000, 1, 100};
    std::memcpy(aux_.data(), groups, sizeof groups);
    layout_.resize(3 + sizeof columns / 4);
    layout_[0] = kColumns;
    layout_[1] = kColumns;
    layout_[2] = 1;
    std::memcpy(layout_.data() + 3, columns.data(), sizeof columns);
    shared_.resize(sizeof(Shared) / 8 + kColumns * sizeof(SharedColumn) / 8);
    auto* head = reinterpret_cast<Shared*>(shared_.data());
    *head = {0, kRows, 0, 0, 0, Number(delmarks_), Number(layout_), Number(aux_)};
    auto* column = reinterpret_cast<SharedColumn*>(head + 1);
    for (int i = 0; i < kColumns; ++i) {
      column[i] = {Number(values_[i]),
                   HasOffsets(columns[i]) ? Number(offsets_[i]) : 0,
                   Number(validity_[i]),
                   Number(data_[i]),
                   0,
                   static_cast<double>(data_[i].size()),
                   0,
                   0};
    }
  }

  Outcome Append(const std::vector<uint8_t>& rows, Change change) {
    // A block of its own size, so that a sanitizer sees any byte after it.
    const std::vector<uint8_t> own(rows.begin(), rows.end());
    return AppendRows(Begin(), own.data(), own.size(), change);
  }

  Outcome AppendText(const std::vector<uint8_t>& packets, uint8_t sequence) {
    const std::vector<uint8_t> own(packets.begin(), packets.end());
    return AppendTextRows(Begin(), own.data(), own.size(), sequence);
  }

  size_t at() const { return static_cast<size_t>(shared_[2]); }

  template <typename T>
  T value(int column, int row) const {
    return Load<T>(values_[column].data() + row * sizeof(T));
  }

  int rows() const { return static_cast<int>(shared_[0]); }
  const uint8_t* data(int column) const { return data_[column].data(); }
  int32_t end(int column, int row) const { return offsets_[column][row + 1]; }

 private:
  Shared* Begin() {
    auto* head = reinterpret_cast<Shared*>(shared_.data());
    head->row = 0;
    head->at = 0;
    for (int i = 0; i < kColumns; ++i) reinterpret_cast<SharedColumn*>(head + 1)[i].data_length = 0;
    return head;
  }

  template <typename T>
  static double Number(const std::vector<T>& buffer) {
    return static_cast<double>(reinterpret_cast<uintptr_t>(buffer.data()));
  }

  std::vector<int32_t> layout_;
  std::vector<double> shared_;
  std::vector<uint8_t> aux_ = std::vector<uint8_t>(24);
  std::vector<uint8_t> delmarks_ = std::vector<uint8_t>(kRows);
  std::vector<std::vector<uint8_t>> values_ =
      std::vector<std::vector<uint8_t>>(kColumns, std::vector<uint8_t>(size_t{kRows} * 16));
  std::vector<std::vector<int32_t>> offsets_ =
      std::vector<std::vector<int32_t>>(kColumns, std::vector<int32_t>(kRows + 1));
  std::vector<std::vector<uint8_t>> validity_ =
      std::vector<std::vector<uint8_t>>(kColumns, std::vector<uint8_t>(kRows / 8, 255));
  std::vector<std::vector<uint8_t>> data_ =
      std::vector<std::vector<uint8_t>>(kColumns, std::vector<uint8_t>(1024));
};

// (7, 'note', -1.50, 2026-11-25 00:00:00.000001, {"a": [1, true]})
std::vector<uint8_t> Image() {
  std::vector<uint8_t> image = {0x00, 7, 0, 0, 0, 4, 0, 'n', 'o', 't', 'e'};
  const uint8_t price[] = {0x7f, 0xff, 0xff, 0xfe, 0xcd};
  const uint8_t made[] = {0x99, 0xb8, 0xf2, 0x00, 0x00, 0x00, 0x00, 0x01};
  const uint8_t doc[] = {0, 1, 0,  24, 0, 11, 0, 1, 0, 2, 12, 0, 'a',
                         2, 0, 12, 0,  5, 1,  0, 4, 1, 0, 0,  0};
  image.insert(image.end(), price, price + sizeof price);
  image.insert(image.end(), made, made + sizeof made);
  image.insert(image.end(), {sizeof doc, 0, 0, 0});
  image.insert(image.end(), doc, doc + sizeof doc);
  return image;
}

TEST(RowKernel, AppendsWholeRows) {
  Table table;
  std::vector<uint8_t> rows = Image();
  rows.insert(rows.end(), rows.begin(), rows.end());
  ASSERT_EQ(table.Append(rows, Change::kInsert), Outcome::kDone);
  ASSERT_EQ(table.rows(), 2);
  const std::string text(reinterpret_cast<const char*>(table.data(4)), table.end(4, 0));
  EXPECT_EQ(text, R"({"a": [1, true]})");
  EXPECT_EQ(table.Append(rows, Change::kUpdate), Outcome::kDone);
  EXPECT_EQ(table.rows(), 1);
}

TEST(RowKernel, LeavesCutEventsToTheReference) {
  Table table;
  const std::vector<uint8_t> whole = Image();
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<int64_t>(size));
    for (const Change change : {Change::kInsert, Change::kDelete, Change::kUpdate}) {
      EXPECT_EQ(table.Append(cut, change), Outcome::kLeftToReference) << size;
    }
  }
}

TEST(RowKernel, TakesAnyBytes) {
  Table table;
  const std::vector<uint8_t> whole = Image();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::vector<uint8_t> changed = whole;
      changed[at] = static_cast<uint8_t>(byte);
      for (const Change change : {Change::kInsert, Change::kUpdate}) {
        table.Append(changed, change);
        EXPECT_LE(table.rows(), kRows);
      }
    }
  }
}

std::vector<uint8_t> Packet(uint8_t sequence, const std::vector<std::string>& fields) {
  std::vector<uint8_t> payload;
  for (const std::string& field : fields) {
    payload.push_back(static_cast<uint8_t>(field.size()));
    payload.insert(payload.end(), field.begin(), field.end());
  }
  std::vector<uint8_t> packet = {static_cast<uint8_t>(payload.size()), 0, 0, sequence};
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

std::vector<uint8_t> TextRow(uint8_t sequence) {
  return Packet(sequence, {"-7", "note", "-1.50", "2026-11-25 00:00:00.000001", "-838:59:59.5"});
}

TEST(TextRows, AppendsWholePackets) {
  Table table(kText);
  std::vector<uint8_t> packets = TextRow(255);
  const std::vector<uint8_t> second = TextRow(0);
  packets.insert(packets.end(), second.begin(), second.end());
  const size_t whole = packets.size();
  packets.insert(packets.end(), {60, 0, 0});
  ASSERT_EQ(table.AppendText(packets, 255), Outcome::kDone);
  ASSERT_EQ(table.rows(), 2);
  EXPECT_EQ(table.at(), whole);
  EXPECT_EQ(table.value<int32_t>(0, 1), -7);
  EXPECT_EQ(table.value<int64_t>(2, 0), -150);
  EXPECT_EQ(table.value<int64_t>(3, 1), 1'795'564'800'000'001);
  EXPECT_EQ(table.value<int64_t>(4, 1), -3'020'399'500'000);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(table.data(1)), table.end(1, 1)), "notenote");
}

TEST(TextRows, LeavesWhatIsNoRowToTheReference) {
  Table table(kText);
  const std::vector<std::vector<uint8_t>> others = {
      {5, 0, 0, 1, 0xfe, 0, 0, 2, 0},                // the end of the rows
      {9, 0, 0, 1, 0xff, 1, 2, '#', 0, 0, 0, 0, 0},  // an error
      {0, 0, 0, 1},
      TextRow(2),  // out of turn
  };
  for (const auto& packet : others) {
    EXPECT_EQ(table.AppendText(packet, 1), Outcome::kLeftToReference);
    EXPECT_EQ(table.at(), 0U);
  }
}

TEST(TextRows, TakesAnyBytes) {
  Table table(kText);
  const std::vector<uint8_t> whole = TextRow(1);
  for (size_t at = 0; at < whole.size(); ++at) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<int64_t>(at));
    EXPECT_EQ(table.AppendText(cut, 1), Outcome::kDone);
    EXPECT_EQ(table.rows(), 0);
    for (int byte = 0; byte < 256; ++byte) {
      std::vector<uint8_t> changed = whole;
      changed[at] = static_cast<uint8_t>(byte);
      table.AppendText(changed, 1);
      EXPECT_LE(table.rows(), kRows);
    }
  }
}

TEST(Crc32, IsThatOfZlib) {
  // The check value of the catalogue of CRCs, and one that is long enough to be folded.
  const std::string digits = "123456789";
  EXPECT_EQ(Crc32(reinterpret_cast<const uint8_t*>(digits.data()), digits.size()), 0xcbf43926U);
  const std::vector<uint8_t> zeros(100);
  EXPECT_EQ(Crc32(zeros.data(), zeros.size()), 0x9988c6caU);
}

}  // namespace
}  // namespace theflash::binlog
