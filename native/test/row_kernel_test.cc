// The row kernel on damaged events, under sanitizers. That it writes what the TypeScript reference
// writes is shown by test/binlog/rows/row-kernel.test.ts.
#include "binlog/row_kernel.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/crc32.h"
#include "binlog/column.h"

namespace theflash::binlog {
namespace {

constexpr int kColumns = 5;
constexpr int kRows = 64;

// A table of (id INT, note VARCHAR, price DECIMAL(10,2), made DATETIME(6), doc JSON) and its
// buffers.
class Table {
 public:
  Table() {
    // Groups of DECIMAL(10,2): 8 digits in 4 bytes, 2 in 1.
    const uint32_t groups[] = {4, 100'000'000, 1, 100};
    std::memcpy(aux_.data(), groups, sizeof groups);
    const ColumnLayout columns[kColumns] = {
        {Kind::kBytes4, 4, 0, 0, 1, 0, 0, 0},  {Kind::kBytes, -2, 1, 1, 0, 0, 0, 0},
        {Kind::kDecimal, 5, 2, 1, 0, 2, 4, 0}, {Kind::kDatetime, 8, 3, 1, 0, 1'000'000, 1, 0},
        {Kind::kJson, -4, 4, 1, 0, 1, 0, 0},
    };
    layout_.resize(3 + kColumns * sizeof(ColumnLayout) / 4);
    layout_[0] = kColumns;
    layout_[1] = kColumns;
    layout_[2] = 1;
    std::memcpy(layout_.data() + 3, columns, sizeof columns);
    shared_.resize(sizeof(Shared) / 8 + kColumns * sizeof(SharedColumn) / 8);
    auto* head = reinterpret_cast<Shared*>(shared_.data());
    *head = {0, kRows, 0, 0, 0, Number(delmarks_), Number(layout_), Number(aux_)};
    auto* column = reinterpret_cast<SharedColumn*>(head + 1);
    for (int i = 0; i < kColumns; ++i) {
      column[i] = {Number(values_[i]),
                   i == 1 || i == 4 ? Number(offsets_[i]) : 0,
                   Number(validity_[i]),
                   Number(data_[i]),
                   0,
                   static_cast<double>(data_[i].size()),
                   0,
                   0};
    }
  }

  Outcome Append(const std::vector<uint8_t>& rows, Change change) {
    // A block of its own size, so that a sanitizer sees any byte behind it.
    const std::vector<uint8_t> own(rows.begin(), rows.end());
    auto* head = reinterpret_cast<Shared*>(shared_.data());
    head->row = 0;
    head->at = 0;
    for (int i = 0; i < kColumns; ++i) reinterpret_cast<SharedColumn*>(head + 1)[i].data_length = 0;
    return AppendRows(head, own.data(), own.size(), change);
  }

  int rows() const { return static_cast<int>(shared_[0]); }
  const uint8_t* data(int column) const { return data_[column].data(); }
  int32_t end(int column, int row) const { return offsets_[column][row + 1]; }

 private:
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

TEST(Crc32, IsThatOfZlib) {
  // The check value of the catalogue of CRCs, and one that is long enough to be folded.
  const std::string digits = "123456789";
  EXPECT_EQ(Crc32(reinterpret_cast<const uint8_t*>(digits.data()), digits.size()), 0xcbf43926U);
  const std::vector<uint8_t> zeros(100);
  EXPECT_EQ(Crc32(zeros.data(), zeros.size()), 0x9988c6caU);
}

}  // namespace
}  // namespace theflash::binlog
