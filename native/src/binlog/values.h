// Values of every kind that the kernel knows; the layouts are explained where the reference
// decoders are, in src/binlog/values. A header, so that the compiler sees the row loop and the
// values at once.
#ifndef THEFLASH_BINLOG_VALUES_H_
#define THEFLASH_BINLOG_VALUES_H_

#include "binlog/column.h"

namespace theflash::binlog {

// Arrow's 32-bit offsets end here.
constexpr int64_t kDataMax = 0x7fffffff;
// A document's text has at most eight times its bytes, and the kernel asks for all of that at once.
constexpr int64_t kJsonMax = 1 << 20;

inline bool HasRoom(const Column& column, int64_t size, int64_t* need) {
  *need = size;
  return size <= column.capacity - column.length;
}

inline Value WriteBytes(const uint8_t* from, int64_t size, Column* column, int64_t* need) {
  if (!HasRoom(*column, size, need)) return Value::kNeedsData;
  std::memcpy(column->data + column->length, from, static_cast<size_t>(size));
  column->length += size;
  return Value::kWritten;
}

inline bool IsAscii(const uint8_t* from, const uint8_t* end) {
  uint64_t bits = 0;
  for (; end - from >= 8; from += 8) bits |= Load<uint64_t>(from);
  for (; from < end; ++from) bits |= *from;
  return (bits & 0x8080808080808080U) == 0;
}

// `aux`: for each byte from 128 on the UTF-8 bytes of its character as one number, the first
// highest.
inline Value WriteSingleByte(const uint8_t* aux, const uint8_t* from, const uint8_t* end,
                             Column* column, int64_t* need) {
  if (IsAscii(from, end)) return WriteBytes(from, end - from, column, need);
  if (!HasRoom(*column, (end - from) * 3, need)) return Value::kNeedsData;
  uint8_t* to = column->data + column->length;
  for (; from < end; ++from) {
    if (*from < 128) {
      *to++ = *from;
      continue;
    }
    const auto bytes = Load<uint32_t>(aux + ptrdiff_t{*from - 128} * 4);
    if (bytes > 0xffff) *to++ = static_cast<uint8_t>(bytes >> 16);
    if (bytes > 0xff) *to++ = static_cast<uint8_t>(bytes >> 8);
    *to++ = static_cast<uint8_t>(bytes);
  }
  column->length = to - column->data;
  return Value::kWritten;
}

inline Value WriteFixedBytes(int64_t size, const uint8_t* from, const uint8_t* end, Column* column,
                             int64_t* need) {
  if (end - from > size) return Value::kRare;
  if (!HasRoom(*column, size, need)) return Value::kNeedsData;
  uint8_t* to = column->data + column->length;
  std::memcpy(to, from, static_cast<size_t>(end - from));
  std::memset(to + (end - from), 0, static_cast<size_t>(size - (end - from)));
  column->length += size;
  return Value::kWritten;
}

// `aux`: offsets of `members` + 1 texts, and then the texts.
struct Members {
  const uint8_t* aux;
  int32_t count;

  const uint8_t* Text(int32_t index, int64_t* size) const {
    const auto start = Load<int32_t>(aux + ptrdiff_t{index} * 4);
    *size = Load<int32_t>(aux + ptrdiff_t{index} * 4 + 4) - start;
    return aux + (ptrdiff_t{count} + 1) * 4 + start;
  }
};

inline Value WriteEnum(const Members& members, const uint8_t* from, const uint8_t* end,
                       Column* column, int64_t* need) {
  const int32_t index = end - from == 1 ? *from : Load<uint16_t>(from);
  if (index == 0) return Value::kWritten;
  if (index > members.count) return Value::kRare;
  int64_t size = 0;
  const uint8_t* text = members.Text(index - 1, &size);
  return WriteBytes(text, size, column, need);
}

// As the server, a comma only after text: an empty member that comes first leaves no trace.
inline Value WriteSet(const Members& members, const uint8_t* from, const uint8_t* end,
                      Column* column, int64_t* need) {
  for (int32_t bit = 0; bit < (end - from) * 8; ++bit) {
    if ((from[bit >> 3] >> (bit & 7) & 1) == 0) continue;
    if (bit >= members.count) return Value::kRare;
    int64_t size = 0;
    const uint8_t* text = members.Text(bit, &size);
    if (!HasRoom(*column, size + 1, need)) {
      // All of the set is written anew when there is room.
      *need += column->length - column->row_start;
      column->length = column->row_start;
      return Value::kNeedsData;
    }
    if (column->length > column->row_start) column->data[column->length++] = ',';
    std::memcpy(column->data + column->length, text, static_cast<size_t>(size));
    column->length += size;
  }
  return Value::kWritten;
}

// `aux`: for each group of digits its bytes and 10 to the number of its digits.
inline Value WriteDecimal(const uint8_t* aux, int32_t groups, int32_t words, const uint8_t* from,
                          Column* column, int64_t row) {
  const bool is_negative = (*from & 0x80) == 0;
  uint32_t number[8] = {};
  const uint8_t* at = from;
  for (int32_t i = 0; i < groups; ++i) {
    const auto bytes = Load<int32_t>(aux + ptrdiff_t{i} * 8);
    const auto scale = Load<uint32_t>(aux + ptrdiff_t{i} * 8 + 4);
    auto group = static_cast<uint32_t>(LoadBigEndian(at, at + bytes));
    if (i == 0) group ^= 0x80U << (bytes * 8 - 8);
    if (is_negative) group = ~group & (0xffffffffU >> (32 - bytes * 8));
    if (group >= scale) return Value::kRare;
    uint64_t carry = group;
    // Two groups are less than 64 bits: most numbers end here.
    for (int32_t word = 0; word < words && (word <= i || carry != 0); ++word) {
      const uint64_t product = static_cast<uint64_t>(number[word]) * scale + carry;
      number[word] = static_cast<uint32_t>(product);
      carry = product >> 32;
    }
    at += bytes;
  }
  if (is_negative) {
    uint64_t carry = 1;
    for (int32_t word = 0; word < words; ++word) {
      const uint64_t inverted = static_cast<uint64_t>(static_cast<uint32_t>(~number[word])) + carry;
      number[word] = static_cast<uint32_t>(inverted);
      carry = inverted >> 32;
    }
  }
  std::memcpy(column->values + row * words * 4, number, static_cast<size_t>(words) * 4);
  return Value::kWritten;
}

inline bool IsRealDate(int64_t year, int64_t month, int64_t day) {
  static constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || year > 9999) return false;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] || (month == 2 && day == 29 && is_leap);
}

inline int64_t DaysFromDate(int64_t year, int64_t month, int64_t day) {
  const int64_t shifted = month <= 2 ? year + 399 : year + 400;
  const int64_t era = shifted / 400;
  const int64_t year_of_era = shifted - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (era - 1) * 146097 + day_of_era - 719468;
}

// A zero date becomes NULL where the caller has said so, else the reference decoder refuses it.
inline Value ZeroDate(const ColumnLayout& layout) {
  return layout.second != 0 ? Value::kZeroDate : Value::kRare;
}

inline Value WriteDate(const ColumnLayout& layout, const uint8_t* from, Column* column,
                       int64_t row) {
  const int32_t packed = Load<uint16_t>(from) | from[2] << 16;
  const int32_t year = packed >> 9;
  const int32_t month = packed >> 5 & 15;
  const int32_t day = packed & 31;
  if (!IsRealDate(year, month, day)) return ZeroDate(layout);
  Store(column->values, row, static_cast<int32_t>(DaysFromDate(year, month, day)));
  return Value::kWritten;
}

constexpr int64_t kMicrosOfByte[] = {1'000'000, 10'000, 100, 1};

// `units`: Arrow's units of a second. False for a fraction that is no fraction.
inline bool WriteInstant(int64_t seconds, const uint8_t* from, const uint8_t* end, int64_t units,
                         Column* column, int64_t row) {
  int64_t fraction = 0;
  if (from != end) {
    const auto micros = static_cast<int64_t>(LoadBigEndian(from, end)) * kMicrosOfByte[end - from];
    fraction = units == 1000 ? micros / 1000 : micros;
    if (fraction >= units) return false;
  }
  Store(column->values, row, seconds * units + fraction);
  return true;
}

inline Value WriteDatetime(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                           Column* column, int64_t row) {
  if (*from < 0x80) return Value::kRare;
  const uint64_t packed = LoadBigEndian(from, from + 5) & 0x7fffffffff;
  const auto year_month = static_cast<int64_t>(packed >> 22);
  const int64_t year = year_month / 13;
  const int64_t month = year_month % 13;
  const auto day = static_cast<int64_t>(packed >> 17 & 31);
  const auto hour = static_cast<int64_t>(packed >> 12 & 31);
  const auto minute = static_cast<int64_t>(packed >> 6 & 63);
  const auto second = static_cast<int64_t>(packed & 63);
  if (hour > 23 || minute > 59 || second > 59) return Value::kRare;
  if (!IsRealDate(year, month, day)) return ZeroDate(layout);
  const int64_t seconds =
      DaysFromDate(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return WriteInstant(seconds, from + 5, end, layout.first, column, row) ? Value::kWritten
                                                                         : Value::kRare;
}

inline Value WriteTimestamp(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                            Column* column, int64_t row) {
  const auto seconds = static_cast<int64_t>(LoadBigEndian(from, from + 4));
  if (seconds == 0) return ZeroDate(layout);
  return WriteInstant(seconds, from + 4, end, layout.first, column, row) ? Value::kWritten
                                                                         : Value::kRare;
}

inline Value WriteTime(const uint8_t* from, const uint8_t* end, Column* column, int64_t row) {
  const int64_t bytes = end - from - 3;
  if (bytes < 0) return Value::kRare;
  const int64_t zero = int64_t{1} << (8 * (3 + bytes) - 1);
  const int64_t packed = static_cast<int64_t>(LoadBigEndian(from, end)) - zero;
  const int64_t magnitude = packed < 0 ? -packed : packed;
  const int64_t whole = magnitude >> (8 * bytes);
  const int64_t fraction = magnitude - (whole << (8 * bytes));
  const int64_t hour = whole >> 12;
  const int64_t minute = whole >> 6 & 63;
  const int64_t second = whole & 63;
  if (hour > 838 || minute > 59 || second > 59) return Value::kRare;
  const int64_t micros = (hour * 3600 + minute * 60 + second) * 1'000'000 +
                         (bytes == 0 ? 0 : fraction * kMicrosOfByte[bytes]);
  Store(column->values, row, packed < 0 ? -micros : micros);
  return Value::kWritten;
}

// The text is bounded by eight times the document, as in the reference decoder.
inline Value WriteDocument(bool point_zero, const uint8_t* from, const uint8_t* end, Column* column,
                           int64_t* need) {
  const int64_t size = end - from;
  if (size > kJsonMax) return Value::kRare;
  const int64_t bound = size * 8 + 64;
  if (!HasRoom(*column, bound, need)) {
    // Near the end of what a column can hold only the reference knows how much is needed.
    return column->length + bound > kDataMax ? Value::kRare : Value::kNeedsData;
  }
  uint8_t* to = column->data + column->length;
  const uint8_t* written = WriteJson(from, end, point_zero, to, to + bound);
  if (written == nullptr) return Value::kRare;
  column->length = written - column->data;
  return Value::kWritten;
}

// Writes the value [from, end) of a column into its row. `need` gets the bytes that a kNeedsData
// asks for. Source of each layout: the decoder of the same kind in src/binlog/values.
inline Value WriteValue(const ColumnLayout& layout, const uint8_t* aux, const uint8_t* from,
                        const uint8_t* end, Column* column, int64_t row, int64_t* need) {
  const uint8_t* own = aux + layout.aux;
  switch (layout.kind) {
    case Kind::kBytes1:
      Store(column->values, row, *from);
      return Value::kWritten;
    case Kind::kBytes2:
      Store(column->values, row, Load<uint16_t>(from));
      return Value::kWritten;
    case Kind::kBytes4:
      Store(column->values, row, Load<uint32_t>(from));
      return Value::kWritten;
    case Kind::kBytes8:
      Store(column->values, row, Load<uint64_t>(from));
      return Value::kWritten;
    case Kind::kInt24:
      Store(column->values, row, Load<uint16_t>(from) | static_cast<int8_t>(from[2]) * 65536);
      return Value::kWritten;
    case Kind::kUint24:
      Store(column->values, row, Load<uint16_t>(from) | from[2] << 16);
      return Value::kWritten;
    case Kind::kBytes:
      return WriteBytes(from, end - from, column, need);
    case Kind::kAscii:
      return IsAscii(from, end) ? WriteBytes(from, end - from, column, need) : Value::kRare;
    case Kind::kSingleByte:
      return WriteSingleByte(own, from, end, column, need);
    case Kind::kFixedBytes:
      return WriteFixedBytes(layout.first, from, end, column, need);
    case Kind::kEnum:
      return WriteEnum({own, layout.first}, from, end, column, need);
    case Kind::kSet:
      return WriteSet({own, layout.first}, from, end, column, need);
    case Kind::kDecimal:
      return WriteDecimal(own, layout.first, layout.second, from, column, row);
    case Kind::kDate:
      return WriteDate(layout, from, column, row);
    case Kind::kDatetime:
      return WriteDatetime(layout, from, end, column, row);
    case Kind::kTimestamp:
      return WriteTimestamp(layout, from, end, column, row);
    case Kind::kTime:
      return WriteTime(from, end, column, row);
    case Kind::kBit:
      Store(column->values, row, LoadBigEndian(from, end));
      return Value::kWritten;
    case Kind::kYear:
      Store(column->values, row, static_cast<uint16_t>(*from == 0 ? 0 : *from + 1900));
      return Value::kWritten;
    case Kind::kJson:
      return WriteDocument(layout.first != 0, from, end, column, need);
    default:  // Kinds of text_values.h.
      return Value::kRare;
  }
  return Value::kRare;
}

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_VALUES_H_
