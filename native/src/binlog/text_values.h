// Values as a server shows them in the text protocol. What is no such value is left to the
// reference decoders, in src/load/dump/values. A header, as values.h.
#ifndef THEFLASH_BINLOG_TEXT_VALUES_H_
#define THEFLASH_BINLOG_TEXT_VALUES_H_

#include <charconv>
#include <cmath>
#include <limits>

#include "binlog/column.h"
#include "binlog/values.h"

namespace theflash::binlog {

inline bool IsDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// ZEROFILL writes them; the last digit is kept.
inline const uint8_t* SkipZeros(const uint8_t* from, const uint8_t* end) {
  while (end - from > 1 && *from == '0') ++from;
  return from;
}

// A run of digits, all of [from, end), at least one; false for anything else or more than 64 bits.
inline bool ReadDigits(const uint8_t* from, const uint8_t* end, uint64_t* value) {
  if (from >= end) return false;
  from = SkipZeros(from, end);
  // 19 digits are always less than 64 bits.
  const uint8_t* exact_end = end - from > 19 ? from + 19 : end;
  uint64_t sum = 0;
  for (; from < exact_end; ++from) {
    if (!IsDigit(*from)) return false;
    sum = sum * 10 + (*from - '0');
  }
  for (; from < end; ++from) {
    if (!IsDigit(*from) || __builtin_mul_overflow(sum, uint64_t{10}, &sum) ||
        __builtin_add_overflow(sum, static_cast<uint64_t>(*from - '0'), &sum)) {
      return false;
    }
  }
  *value = sum;
  return true;
}

inline Value WriteTextInt(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                          Column* column, int64_t row) {
  const int32_t bits = layout.first;
  const bool is_unsigned = layout.second != 0;
  const bool is_negative = from < end && *from == '-';
  uint64_t magnitude = 0;
  if (!ReadDigits(is_negative ? from + 1 : from, end, &magnitude)) return Value::kRare;
  const uint64_t top = uint64_t{1} << (bits - 1);
  uint64_t max = is_negative ? top : top - 1;
  if (is_unsigned) max = is_negative ? 0 : top - 1 + top;
  if (magnitude > max) return Value::kRare;
  const uint64_t value = is_negative ? uint64_t{0} - magnitude : magnitude;
  switch (bits) {
    case 8:
      Store(column->values, row, static_cast<uint8_t>(value));
      break;
    case 16:
      Store(column->values, row, static_cast<uint16_t>(value));
      break;
    case 64:
      Store(column->values, row, value);
      break;
    default:  // 24 bits lie in 32.
      Store(column->values, row, static_cast<uint32_t>(value));
  }
  return Value::kWritten;
}

inline Value WriteTextYear(const uint8_t* from, const uint8_t* end, Column* column, int64_t row) {
  uint64_t value = 0;
  if (!ReadDigits(from, end, &value) || value > 2155) return Value::kRare;
  Store(column->values, row, static_cast<uint16_t>(value));
  return Value::kWritten;
}

inline Value WriteTextFloat(int32_t bits, const uint8_t* from, const uint8_t* end, Column* column,
                            int64_t row) {
  // "inf" and "nan" are numbers for from_chars.
  const uint8_t* first = from < end && *from == '-' ? from + 1 : from;
  if (first >= end || (!IsDigit(*first) && *first != '.')) return Value::kRare;
  double value = 0;
  const auto* text_end = reinterpret_cast<const char*>(end);
  const auto read = std::from_chars(reinterpret_cast<const char*>(from), text_end, value);
  if (read.ec != std::errc() || read.ptr != text_end) return Value::kRare;
  if (bits == 64) {
    Store(column->values, row, value);
    return Value::kWritten;
  }
  if (std::fabs(value) > double{std::numeric_limits<float>::max()}) return Value::kRare;
  Store(column->values, row, static_cast<float>(value));
  return Value::kWritten;
}

// The unscaled integer, in `words` words of 32 bits, digit group by digit group.
class Unscaled {
 public:
  explicit Unscaled(int32_t words) : words_(words) {}

  void AddDigit(uint32_t digit) {
    group_ = group_ * 10 + digit;
    factor_ *= 10;
    if (factor_ == 1'000'000'000) Flush();
  }

  void Store(bool is_negative, uint8_t* to) {
    if (factor_ > 1) Flush();
    uint64_t carry = is_negative ? 1 : 0;
    for (int32_t i = 0; is_negative && i < words_; ++i) {
      const uint64_t inverted = static_cast<uint64_t>(static_cast<uint32_t>(~number_[i])) + carry;
      number_[i] = static_cast<uint32_t>(inverted);
      carry = inverted >> 32;
    }
    std::memcpy(to, number_, static_cast<size_t>(words_) * 4);
  }

 private:
  void Flush() {
    uint64_t carry = group_;
    for (int32_t i = 0; i < words_ && (i < used_ || carry != 0); ++i) {
      const uint64_t product = static_cast<uint64_t>(number_[i]) * factor_ + carry;
      number_[i] = static_cast<uint32_t>(product);
      carry = product >> 32;
      if (i >= used_) used_ = i + 1;
    }
    group_ = 0;
    factor_ = 1;
  }

  const int32_t words_;
  int32_t used_ = 0;
  uint32_t number_[8] = {};
  uint32_t group_ = 0;
  uint32_t factor_ = 1;
};

// `first`: precision and, from bit 8 on, scale. `second`: words of 32 bits.
inline Value WriteTextDecimal(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                              Column* column, int64_t row) {
  const int32_t precision = layout.first & 0xff;
  const int32_t scale = layout.first >> 8;
  const bool is_negative = from < end && *from == '-';
  const uint8_t* at = SkipZeros(is_negative ? from + 1 : from, end);
  Unscaled number(layout.second);
  int32_t whole = 0;
  for (; at < end && *at != '.'; ++at, ++whole) {
    // More digits than any type has: the reference says so.
    if (!IsDigit(*at) || whole > precision) return Value::kRare;
    number.AddDigit(*at - '0');
  }
  if (at < end) ++at;
  int32_t fraction = 0;
  for (; at < end; ++at, ++fraction) {
    if (!IsDigit(*at) || fraction >= scale) return Value::kRare;
    number.AddDigit(*at - '0');
  }
  const int32_t whole_max = precision > scale ? precision - scale : 1;
  if (whole + fraction == 0 || whole > whole_max) return Value::kRare;
  // Digits that the text leaves out after the point are zeros.
  for (; fraction < scale; ++fraction) number.AddDigit(0);
  number.Store(is_negative, column->values + row * layout.second * 4);
  return Value::kWritten;
}

// Two digits; 100 or more where they are none.
inline int64_t ReadPair(const uint8_t* from) {
  return IsDigit(from[0]) && IsDigit(from[1]) ? (from[0] - '0') * 10 + (from[1] - '0') : 1'000'000;
}

struct CalendarDate {
  int64_t year;
  int64_t month;
  int64_t day;
};

// YYYY-MM-DD, which takes ten bytes.
inline bool ReadCalendarDate(const uint8_t* from, CalendarDate* date) {
  date->year = ReadPair(from) * 100 + ReadPair(from + 2);
  date->month = ReadPair(from + 5);
  date->day = ReadPair(from + 8);
  return from[4] == '-' && from[7] == '-' && date->year <= 9999 && date->month <= 99 &&
         date->day <= 99;
}

inline Value WriteTextDate(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                           Column* column, int64_t row) {
  CalendarDate date{};
  if (end - from != 10 || !ReadCalendarDate(from, &date)) return Value::kRare;
  if (!IsRealDate(date.year, date.month, date.day)) return ZeroDate(layout);
  Store(column->values, row, static_cast<int32_t>(DaysFromDate(date.year, date.month, date.day)));
  return Value::kWritten;
}

// The fraction of a second from its point on, in microseconds.
inline bool ReadMicros(const uint8_t* from, const uint8_t* end, int64_t* micros) {
  static constexpr int64_t kMicrosOfDigits[] = {0, 100'000, 10'000, 1'000, 100, 10, 1};
  *micros = 0;
  if (from == end) return true;
  const int64_t digits = end - from - 1;
  uint64_t value = 0;
  if (*from != '.' || digits < 1 || digits > 6 || !ReadDigits(from + 1, end, &value)) return false;
  *micros = static_cast<int64_t>(value) * kMicrosOfDigits[digits];
  return true;
}

// HH:MM:SS of [from, end), after which only a fraction comes; the hours are given.
inline bool ReadClock(int64_t hours, const uint8_t* from, const uint8_t* end, int64_t* seconds,
                      int64_t* micros) {
  if (end - from < 6 || from[0] != ':' || from[3] != ':') return false;
  const int64_t minute = ReadPair(from + 1);
  const int64_t second = ReadPair(from + 4);
  *seconds = hours * 3600 + minute * 60 + second;
  return minute <= 59 && second <= 59 && ReadMicros(from + 6, end, micros);
}

inline Value WriteTextDatetime(const ColumnLayout& layout, const uint8_t* from, const uint8_t* end,
                               Column* column, int64_t row) {
  CalendarDate date{};
  if (end - from < 19 || !ReadCalendarDate(from, &date) || from[10] != ' ') return Value::kRare;
  const int64_t hour = ReadPair(from + 11);
  int64_t seconds = 0;
  int64_t micros = 0;
  if (hour > 23 || !ReadClock(hour, from + 13, end, &seconds, &micros)) return Value::kRare;
  if (!IsRealDate(date.year, date.month, date.day)) return ZeroDate(layout);
  const int64_t units = layout.first;
  const int64_t fraction = units == 1 ? 0 : units == 1000 ? micros / 1000 : micros;
  seconds += DaysFromDate(date.year, date.month, date.day) * 86400;
  Store(column->values, row, seconds * units + fraction);
  return Value::kWritten;
}

inline Value WriteTextTime(const uint8_t* from, const uint8_t* end, Column* column, int64_t row) {
  const bool is_negative = from < end && *from == '-';
  const uint8_t* first = is_negative ? from + 1 : from;
  const uint8_t* mark = first;
  while (mark < end && *mark != ':') ++mark;
  uint64_t hours = 0;
  int64_t seconds = 0;
  int64_t micros = 0;
  if (!ReadDigits(first, mark, &hours) || hours > 838 ||
      !ReadClock(static_cast<int64_t>(hours), mark, end, &seconds, &micros)) {
    return Value::kRare;
  }
  const int64_t total = seconds * 1'000'000 + micros;
  Store(column->values, row, is_negative ? -total : total);
  return Value::kWritten;
}

// Writes the text [from, end) of a column's value into its row. `need` gets the bytes that a
// kNeedsData asks for.
inline Value WriteTextValue(const ColumnLayout& layout, const uint8_t* aux, const uint8_t* from,
                            const uint8_t* end, Column* column, int64_t row, int64_t* need) {
  switch (layout.kind) {
    case Kind::kTextInt:
      return WriteTextInt(layout, from, end, column, row);
    case Kind::kTextDecimal:
      return WriteTextDecimal(layout, from, end, column, row);
    case Kind::kTextFloat:
      return WriteTextFloat(layout.first, from, end, column, row);
    case Kind::kTextYear:
      return WriteTextYear(from, end, column, row);
    case Kind::kTextDate:
      return WriteTextDate(layout, from, end, column, row);
    case Kind::kTextDatetime:
      return WriteTextDatetime(layout, from, end, column, row);
    case Kind::kTextTime:
      return WriteTextTime(from, end, column, row);
    case Kind::kBit:
      if (end - from > 8) return Value::kRare;
      return WriteValue(layout, aux, from, end, column, row, need);
    case Kind::kBytes:
    case Kind::kAscii:
    case Kind::kSingleByte:
    case Kind::kFixedBytes:
      return WriteValue(layout, aux, from, end, column, row, need);
    default:  // Kinds of row images.
      return Value::kRare;
  }
}

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_TEXT_VALUES_H_
