#ifndef THEFLASH_BINLOG_COLUMN_H_
#define THEFLASH_BINLOG_COLUMN_H_

#include <cstdint>
#include <cstring>

namespace theflash::binlog {

// How a value is read. Numbers are those of src/binlog/rows/kernel-layout.ts.
enum class Kind : int32_t {
  kBytes1 = 0,
  kBytes2 = 1,
  kBytes4 = 2,
  kBytes8 = 3,
  kInt24 = 4,
  kUint24 = 5,
  kBytes = 6,
  kAscii = 7,
  kSingleByte = 8,
  kFixedBytes = 9,
  kEnum = 10,
  kSet = 11,
  kDecimal = 12,
  kDate = 13,
  kDatetime = 14,
  kTimestamp = 15,
  kTime = 16,
  kBit = 17,
  kYear = 18,
  kJson = 19,
  // As a server shows them in the text protocol.
  kTextInt = 20,
  kTextDecimal = 21,
  kTextFloat = 22,
  kTextYear = 23,
  kTextDate = 24,
  kTextDatetime = 25,
  kTextTime = 26,
};

// A column of an image, as the caller has laid it out.
struct ColumnLayout {
  Kind kind;
  int32_t width;   // n bytes, or -n: n bytes of length in front
  int32_t target;  // index among the shared columns
  int32_t nullable;
  int32_t is_key;
  int32_t first;  // what they mean is the kind's
  int32_t second;
  int32_t aux;  // where in the aux bytes its part begins
};

// A target column while a call lasts.
struct Column {
  uint8_t* values;
  int32_t* offsets;
  uint8_t* validity;
  uint8_t* data;
  int64_t length;
  int64_t capacity;
  int64_t row_start;  // length at the start of the row
  int64_t null_count;
  int64_t zero_dates;
  bool row_null;
  bool row_zero;
};

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void Store(uint8_t* to, int64_t row, T value) {
  std::memcpy(to + row * static_cast<int64_t>(sizeof value), &value, sizeof value);
}

inline uint64_t LoadBigEndian(const uint8_t* from, const uint8_t* end) {
  uint64_t value = 0;
  while (from < end) value = value << 8 | *from++;
  return value;
}

// What came of one value.
enum class Value { kWritten, kZeroDate, kNeedsData, kRare };

// Writes binary JSON as MySQL prints it, at most to `limit`; nullptr for what is rare or broken.
uint8_t* WriteJson(const uint8_t* from, const uint8_t* end, bool point_zero, uint8_t* to,
                   const uint8_t* limit);

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_COLUMN_H_
