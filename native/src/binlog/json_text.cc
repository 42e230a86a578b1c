// Binary JSON as MySQL prints it. The reference, with the layout, is
// src/binlog/values/json-text.ts; what is rare there (opaque values, NaN, exponents) is left to it.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "binlog/column.h"

namespace theflash::binlog {
namespace {

constexpr int kDepthMax = 100;
// More than any number, literal or punctuation takes.
constexpr int64_t kScalarMax = 40;
enum Type : uint8_t {
  kSmallObject = 0,
  kLargeObject = 1,
  kLargeArray = 3,
  kLiteral = 4,
  kInt16 = 5,
  kUint16 = 6,
  kInt32 = 7,
  kUint32 = 8,
  kInt64 = 9,
  kUint64 = 10,
  kDouble = 11,
  kString = 12,
};

// Writes one document. Every method gives false for what is rare or broken.
class Writer {
 public:
  Writer(uint8_t* to, const uint8_t* limit, bool point_zero)
      : to_(to), limit_(limit), point_zero_(point_zero) {}

  uint8_t* end() const { return to_; }

  bool WriteAny(uint8_t type, const uint8_t* from, const uint8_t* end, int depth) {
    if (type <= kLargeArray) return WriteContainer(type, from, end, depth + 1);
    if (!HasRoom(kScalarMax)) return false;
    const int64_t size = end - from;
    switch (type) {
      case kLiteral:
        return size >= 1 && WriteLiteral(*from);
      case kInt16:
        return size >= 2 && WriteInteger(static_cast<int64_t>(Load<int16_t>(from)));
      case kUint16:
        return size >= 2 && WriteInteger(static_cast<int64_t>(Load<uint16_t>(from)));
      case kInt32:
        return size >= 4 && WriteInteger(static_cast<int64_t>(Load<int32_t>(from)));
      case kUint32:
        return size >= 4 && WriteInteger(static_cast<int64_t>(Load<uint32_t>(from)));
      case kInt64:
        return size >= 8 && WriteInteger(Load<int64_t>(from));
      case kUint64:
        return size >= 8 && WriteInteger(Load<uint64_t>(from));
      case kDouble:
        return size >= 8 && WriteDouble(Load<double>(from));
      case kString:
        return WriteString(from, end);
      default:
        return false;
    }
  }

 private:
  bool HasRoom(int64_t size) const { return limit_ - to_ >= size; }

  void Put(char byte) { *to_++ = static_cast<uint8_t>(byte); }

  bool PutText(const char* text, int64_t size) {
    std::memcpy(to_, text, static_cast<size_t>(size));
    to_ += size;
    return true;
  }

  bool WriteContainer(uint8_t type, const uint8_t* start, const uint8_t* limit, int depth) {
    if (depth > kDepthMax) return false;
    const bool is_large = (type & 1) != 0;
    const bool is_object = type <= kLargeObject;
    const int64_t width = is_large ? 4 : 2;
    if (limit - start < 2 * width) return false;
    const int64_t count = Offset(start, is_large);
    const int64_t size = Offset(start + width, is_large);
    if (size > limit - start) return false;
    const uint8_t* end = start + size;
    const uint8_t* keys = start + 2 * width;
    const uint8_t* values = keys + (is_object ? count * (width + 2) : 0);
    const uint8_t* header_end = values + count * (width + 1);
    if (header_end > end || !HasRoom(2)) return false;
    Put(is_object ? '{' : '[');
    for (int64_t i = 0; i < count; ++i) {
      if (!HasRoom(kScalarMax)) return false;
      if (i > 0) PutText(", ", 2);
      if (is_object) {
        const uint8_t* entry = keys + i * (width + 2);
        const uint8_t* key = start + Offset(entry, is_large);
        const uint8_t* key_end = key + Load<uint16_t>(entry + width);
        if (key < header_end || key_end > end || !WriteQuoted(key, key_end)) return false;
        if (!HasRoom(2)) return false;
        PutText(": ", 2);
      }
      if (!WriteEntry(start, values + i * (width + 1), end, is_large, depth)) return false;
    }
    if (!HasRoom(1)) return false;
    Put(is_object ? '}' : ']');
    return true;
  }

  bool WriteEntry(const uint8_t* start, const uint8_t* entry, const uint8_t* end, bool is_large,
                  int depth) {
    const uint8_t type = *entry;
    const uint8_t* entry_end = entry + (is_large ? 5 : 3);
    const bool is_inlined = type >= kLiteral && (type <= kUint16 || (is_large && type <= kUint32));
    if (is_inlined) return WriteAny(type, entry + 1, entry_end, depth);
    const uint8_t* value = start + Offset(entry + 1, is_large);
    if (value < entry_end || value > end) return false;
    return WriteAny(type, value, end, depth);
  }

  static int64_t Offset(const uint8_t* at, bool is_large) {
    return is_large ? static_cast<int64_t>(Load<uint32_t>(at)) : Load<uint16_t>(at);
  }

  bool WriteLiteral(uint8_t code) {
    switch (code) {
      case 0:
        return PutText("null", 4);
      case 1:
        return PutText("true", 4);
      case 2:
        return PutText("false", 5);
      default:
        return false;
    }
  }

  template <typename T>
  bool WriteInteger(T value) {
    auto* first = reinterpret_cast<char*>(to_);
    to_ = reinterpret_cast<uint8_t*>(std::to_chars(first, first + kScalarMax, value).ptr);
    return true;
  }

  bool WriteDouble(double value) {
    const double magnitude = std::fabs(value);
    // In this range the shortest digits are printed without an exponent, here as there.
    if (!(magnitude >= 1e-6 && magnitude < 1e15)) return false;
    auto* first = reinterpret_cast<char*>(to_);
    auto* last = std::to_chars(first, first + kScalarMax, value, std::chars_format::fixed).ptr;
    to_ = reinterpret_cast<uint8_t*>(last);
    if (point_zero_ && value == std::trunc(value)) PutText(".0", 2);
    return true;
  }

  bool WriteString(const uint8_t* from, const uint8_t* end) {
    int64_t size = 0;
    for (int shift = 0;; shift += 7) {
      if (from >= end || shift > 28) return false;
      const uint8_t byte = *from++;
      size |= static_cast<int64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return size <= end - from && WriteQuoted(from, from + size);
  }

  bool WriteQuoted(const uint8_t* from, const uint8_t* end) {
    // Most strings need no escape, and a byte that does gives six.
    if (!HasRoom((end - from) * 6 + 2)) return false;
    Put('"');
    for (; from < end; ++from) {
      const uint8_t byte = *from;
      if (byte >= 0x20 && byte != '"' && byte != '\\') {
        *to_++ = byte;
        continue;
      }
      WriteEscape(byte);
    }
    Put('"');
    return true;
  }

  void WriteEscape(uint8_t byte) {
    static constexpr char kHex[] = "0123456789abcdef";
    Put('\\');
    switch (byte) {
      case '\b':
        return Put('b');
      case '\t':
        return Put('t');
      case '\n':
        return Put('n');
      case '\f':
        return Put('f');
      case '\r':
        return Put('r');
      case '"':
      case '\\':
        return Put(static_cast<char>(byte));
      default:
        PutText("u00", 3);
        Put(kHex[byte >> 4]);
        Put(kHex[byte & 15]);
    }
  }

  uint8_t* to_;
  const uint8_t* const limit_;
  const bool point_zero_;
};

}  // namespace

uint8_t* WriteJson(const uint8_t* from, const uint8_t* end, bool point_zero, uint8_t* to,
                   const uint8_t* limit) {
  if (from == end) return std::copy_n("null", 4, to);
  Writer writer(to, limit, point_zero);
  return writer.WriteAny(*from, from + 1, end, 0) ? writer.end() : nullptr;
}

}  // namespace theflash::binlog
