// A reader of flatbuffers that trusts no offset: enough for Arrow's message headers.
#ifndef THEFLASH_ARROW_FLATBUFFER_H_
#define THEFLASH_ARROW_FLATBUFFER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace theflash {

// A table inside a flatbuffer. Fields are named by their slot: their place in the .fbs declaration,
// where a union takes two (type, then value). Every read is checked against the buffer; a read past
// it throws Error(TF_INVALID).
//
//   table:  | soffset32 to vtable | fields ...            (table - soffset = vtable)
//   vtable: | size16 | table size16 | offset16 per slot   (offset from table, 0 where absent)
//
// Source: flatbuffers.dev, "Internals".
class FlatTable {
 public:
  // The root table of a buffer.
  static FlatTable Root(std::span<const uint8_t> buffer);

  template <typename Integer>
  Integer Scalar(unsigned slot, Integer absent) const;
  bool Has(unsigned slot) const { return FieldAt(slot).has_value(); }
  std::optional<FlatTable> Table(unsigned slot) const;
  std::string_view String(unsigned slot) const;
  // Element count of a vector of tables, and its elements.
  uint32_t VectorSize(unsigned slot) const;
  FlatTable VectorTable(unsigned slot, uint32_t index) const;
  // The bytes of a vector of structs of `struct_bytes` each; empty where it is absent.
  std::span<const uint8_t> VectorBytes(unsigned slot, size_t struct_bytes) const;

 private:
  FlatTable(std::span<const uint8_t> buffer, size_t at) : buffer_(buffer), at_(at) {}
  std::optional<size_t> FieldAt(unsigned slot) const;
  // Follows the offset that stands at `position`.
  size_t Follow(size_t position) const;

  std::span<const uint8_t> buffer_;
  size_t at_;
};

}  // namespace theflash

#endif  // THEFLASH_ARROW_FLATBUFFER_H_
