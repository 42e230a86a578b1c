#include "arrow/flatbuffer.h"

#include <cstring>

#include "base/status.h"

namespace theflash {
namespace {

// Flatbuffers are little-endian, and so are the machines that ClickHouse runs on.
template <typename Integer>
Integer Load(std::span<const uint8_t> buffer, size_t at) {
  if (at > buffer.size() || buffer.size() - at < sizeof(Integer)) {
    throw Error(TF_INVALID, "Arrow stream: message metadata points outside of itself");
  }
  Integer value;
  std::memcpy(&value, buffer.data() + at, sizeof value);
  return value;
}

}  // namespace

FlatTable FlatTable::Root(std::span<const uint8_t> buffer) {
  return FlatTable(buffer, Load<uint32_t>(buffer, 0));
}

std::optional<size_t> FlatTable::FieldAt(unsigned slot) const {
  // A wrapped difference is a huge position, which Load refuses.
  const size_t vtable = at_ - static_cast<size_t>(Load<int32_t>(buffer_, at_));
  const auto vtable_size = Load<uint16_t>(buffer_, vtable);
  const size_t entry = 4 + 2 * static_cast<size_t>(slot);
  if (entry + 2 > vtable_size) return std::nullopt;
  const auto offset = Load<uint16_t>(buffer_, vtable + entry);
  if (offset == 0) return std::nullopt;
  return at_ + offset;
}

size_t FlatTable::Follow(size_t position) const {
  return position + Load<uint32_t>(buffer_, position);
}

template <typename Integer>
Integer FlatTable::Scalar(unsigned slot, Integer absent) const {
  const auto field = FieldAt(slot);
  return field ? Load<Integer>(buffer_, *field) : absent;
}
template uint8_t FlatTable::Scalar(unsigned slot, uint8_t absent) const;
template int32_t FlatTable::Scalar(unsigned slot, int32_t absent) const;
template int64_t FlatTable::Scalar(unsigned slot, int64_t absent) const;

std::optional<FlatTable> FlatTable::Table(unsigned slot) const {
  const auto field = FieldAt(slot);
  if (!field) return std::nullopt;
  return FlatTable(buffer_, Follow(*field));
}

std::string_view FlatTable::String(unsigned slot) const {
  const auto field = FieldAt(slot);
  if (!field) return {};
  const size_t at = Follow(*field);
  const auto length = Load<uint32_t>(buffer_, at);
  if (buffer_.size() - at - sizeof length < length) {
    throw Error(TF_INVALID, "Arrow stream: a name in the schema runs past its message");
  }
  return {reinterpret_cast<const char*>(buffer_.data()) + at + sizeof length, length};
}

uint32_t FlatTable::VectorSize(unsigned slot) const {
  const auto field = FieldAt(slot);
  if (!field) return 0;
  const size_t at = Follow(*field);
  const auto size = Load<uint32_t>(buffer_, at);
  // Each element takes at least its 4-byte offset.
  if ((buffer_.size() - at - sizeof size) / sizeof(uint32_t) < size) {
    throw Error(TF_INVALID, "Arrow stream: a list in the schema runs past its message");
  }
  return size;
}

FlatTable FlatTable::VectorTable(unsigned slot, uint32_t index) const {
  const auto field = FieldAt(slot);
  if (!field || index >= VectorSize(slot)) {
    throw Error(TF_INTERNAL, "Arrow stream: a list was read past its end");
  }
  const size_t element = Follow(*field) + sizeof(uint32_t) * (1 + static_cast<size_t>(index));
  return FlatTable(buffer_, Follow(element));
}

std::span<const uint8_t> FlatTable::VectorBytes(unsigned slot, size_t struct_bytes) const {
  const auto field = FieldAt(slot);
  if (!field) return {};
  const size_t at = Follow(*field);
  const auto size = Load<uint32_t>(buffer_, at);
  const size_t first = at + sizeof size;
  if ((buffer_.size() - first) / struct_bytes < size) {
    throw Error(TF_INVALID, "Arrow stream: a list in its metadata runs past its message");
  }
  return buffer_.subspan(first, size * struct_bytes);
}

}  // namespace theflash
