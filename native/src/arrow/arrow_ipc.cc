#include "arrow/arrow_ipc.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "arrow/flatbuffer.h"
#include "base/status.h"

namespace theflash {
namespace {

constexpr uint32_t kContinuation = 0xFFFFFFFF;
constexpr size_t kPrefixBytes = 8;

// Slots of Arrow's format/Message.fbs and format/Schema.fbs.
constexpr unsigned kMessageHeaderType = 1;
constexpr unsigned kMessageHeader = 2;
constexpr unsigned kMessageBodyLength = 3;
constexpr unsigned kRecordBatchLength = 0;
constexpr unsigned kRecordBatchNodes = 1;
constexpr unsigned kRecordBatchBuffers = 2;
constexpr unsigned kRecordBatchCompression = 3;
constexpr unsigned kSchemaFields = 1;
constexpr unsigned kFieldName = 0;
constexpr unsigned kFieldTypeType = 2;
constexpr unsigned kFieldType = 3;
constexpr unsigned kFieldDictionary = 4;
constexpr unsigned kIntBitWidth = 0;
constexpr unsigned kIntIsSigned = 1;
// Of the union Type.
constexpr uint8_t kInt = 2;

// Structs of format/Message.fbs.
struct FieldNode {
  int64_t length;
  int64_t null_count;
};
struct Buffer {
  int64_t offset;  // in the body
  int64_t length;
};

[[noreturn]] void Refuse(const char* what) {
  throw Error(TF_INVALID, std::string("Arrow stream: ") + what);
}

uint32_t LoadUint32(std::span<const uint8_t> bytes, size_t at) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

FlatTable HeaderOf(const FlatTable& message) {
  const auto header = message.Table(kMessageHeader);
  if (!header) Refuse("a message has no header");
  return *header;
}

}  // namespace

// One encapsulated message (Arrow columnar format, "Encapsulated message format"):
//
//   +--------------+------------------+-------------------------+-------------------+
//   | FFFFFFFF     | metadata size u32| metadata, a flatbuffer, | body, bodyLength  |
//   | continuation | little-endian    | padded to 8 bytes       | bytes             |
//   +--------------+------------------+-------------------------+-------------------+
//
// A metadata size of 0 ends the stream.
std::optional<ArrowMessage> ArrowReader::Next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < kPrefixBytes) Refuse("it ends inside a message's prefix");
  if (LoadUint32(rest_, 0) != kContinuation) Refuse("a message does not start with FFFFFFFF");
  const size_t metadata_size = LoadUint32(rest_, sizeof(uint32_t));
  if (metadata_size == 0) {
    if (rest_.size() > kPrefixBytes) Refuse("bytes follow its end");
    rest_ = {};
    return std::nullopt;
  }
  if (rest_.size() - kPrefixBytes < metadata_size) Refuse("it ends inside a message's metadata");
  ArrowMessage message;
  message.metadata = rest_.subspan(kPrefixBytes, metadata_size);
  const FlatTable table = FlatTable::Root(message.metadata);
  const auto body_length = table.Scalar<int64_t>(kMessageBodyLength, 0);
  const size_t head = kPrefixBytes + metadata_size;
  if (body_length < 0 || rest_.size() - head < static_cast<uint64_t>(body_length)) {
    Refuse("it ends inside a message's body");
  }
  message.header = static_cast<ArrowHeader>(table.Scalar<uint8_t>(kMessageHeaderType, 0));
  switch (message.header) {
    case ArrowHeader::kSchema:
      HeaderOf(table);
      break;
    case ArrowHeader::kDictionaryBatch:
      break;
    case ArrowHeader::kRecordBatch: {
      const FlatTable batch = HeaderOf(table);
      const auto rows = batch.Scalar<int64_t>(kRecordBatchLength, 0);
      if (rows < 0) Refuse("a record batch has a negative row count");
      message.rows = static_cast<uint64_t>(rows);
      message.compressed = batch.Has(kRecordBatchCompression);
      break;
    }
    default:
      Refuse("a message is neither schema, dictionary nor record batch");
  }
  const size_t size = head + static_cast<size_t>(body_length);
  message.bytes = rest_.first(size);
  rest_ = rest_.subspan(size);
  return message;
}

std::vector<std::string> FieldNames(const ArrowMessage& schema) {
  const FlatTable header = HeaderOf(FlatTable::Root(schema.metadata));
  std::vector<std::string> names;
  const uint32_t count = header.VectorSize(kSchemaFields);
  names.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    names.emplace_back(header.VectorTable(kSchemaFields, i).String(kFieldName));
  }
  return names;
}

std::vector<uint8_t> RenameFields(const ArrowMessage& schema,
                                  const std::vector<std::string>& names) {
  std::vector<uint8_t> copy(schema.bytes.begin(), schema.bytes.end());
  const FlatTable header = HeaderOf(FlatTable::Root(schema.metadata));
  const uint32_t count = header.VectorSize(kSchemaFields);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view present = header.VectorTable(kSchemaFields, i).String(kFieldName);
    const std::string& wanted = names.at(i);
    if (present.size() != wanted.size()) {
      throw Error(TF_INTERNAL, "an Arrow field can only get a name of the same length");
    }
    if (present.empty()) continue;  // a field without a name points nowhere
    const auto* at = reinterpret_cast<const uint8_t*>(present.data());
    std::copy(wanted.begin(), wanted.end(), copy.begin() + (at - schema.bytes.data()));
  }
  return copy;
}

namespace {

template <typename Struct>
std::optional<Struct> StructAt(std::span<const uint8_t> structs, size_t index) {
  if (structs.size() / sizeof(Struct) <= index) return std::nullopt;
  Struct one;
  std::memcpy(&one, structs.data() + index * sizeof one, sizeof one);
  return one;
}

template <typename Integer>
bool IsUnsigned(const FlatTable& field, std::string_view name) {
  if (field.String(kFieldName) != name || field.Has(kFieldDictionary)) return false;
  if (field.Scalar<uint8_t>(kFieldTypeType, 0) != kInt) return false;
  const auto type = field.Table(kFieldType);
  return type && type->Scalar<uint8_t>(kIntIsSigned, 0) == 0 &&
         type->Scalar<int32_t>(kIntBitWidth, 0) == std::numeric_limits<Integer>::digits;
}

// The values of a field without children, which is the first or the last of all. A field of
// integers has two buffers: which are valid, and the values.
template <typename Integer>
std::span<const uint8_t> OuterFieldValues(const ArrowMessage& batch, bool is_last) {
  const FlatTable header = HeaderOf(FlatTable::Root(batch.metadata));
  const auto nodes = header.VectorBytes(kRecordBatchNodes, sizeof(FieldNode));
  const auto buffers = header.VectorBytes(kRecordBatchBuffers, sizeof(Buffer));
  const auto node = StructAt<FieldNode>(nodes, is_last ? nodes.size() / sizeof(FieldNode) - 1 : 0);
  const auto values = StructAt<Buffer>(buffers, is_last ? buffers.size() / sizeof(Buffer) - 1 : 1);
  if (!node || !values || node->null_count != 0) return {};
  if (static_cast<uint64_t>(node->length) != batch.rows) return {};
  const auto body = batch.bytes.subspan(kPrefixBytes + batch.metadata.size());
  if (values->offset < 0 || static_cast<uint64_t>(values->offset) > body.size()) return {};
  const auto rest = body.subspan(static_cast<size_t>(values->offset));
  if (rest.size() / sizeof(Integer) < batch.rows) return {};
  return rest.first(batch.rows * sizeof(Integer));
}

template <typename Integer>
std::optional<FieldBounds<Integer>> BoundsOf(std::span<const uint8_t> stream, std::string_view name,
                                             bool is_last) {
  ArrowReader reader(stream);
  const auto schema = reader.Next();
  if (!schema || schema->header != ArrowHeader::kSchema) return std::nullopt;
  const FlatTable fields = HeaderOf(FlatTable::Root(schema->metadata));
  const uint32_t count = fields.VectorSize(kSchemaFields);
  if (count == 0) return std::nullopt;
  if (!IsUnsigned<Integer>(fields.VectorTable(kSchemaFields, is_last ? count - 1 : 0), name)) {
    return std::nullopt;
  }
  const auto batch = reader.Next();
  if (!batch || batch->header != ArrowHeader::kRecordBatch || batch->compressed) {
    return std::nullopt;
  }
  if (reader.Next()) return std::nullopt;
  std::optional<FieldBounds<Integer>> bounds;
  const std::span<const uint8_t> values = OuterFieldValues<Integer>(*batch, is_last);
  for (size_t at = 0; at < values.size(); at += sizeof(Integer)) {
    Integer value;
    std::memcpy(&value, values.data() + at, sizeof value);
    if (!bounds) bounds = {value, value};
    bounds->min = std::min(bounds->min, value);
    bounds->max = std::max(bounds->max, value);
  }
  return bounds;
}

}  // namespace

std::optional<FieldBounds<uint8_t>> BoundsOfFirstField(std::span<const uint8_t> stream,
                                                       std::string_view name) {
  return BoundsOf<uint8_t>(stream, name, false);
}

std::optional<FieldBounds<uint64_t>> BoundsOfLastField(std::span<const uint8_t> stream,
                                                       std::string_view name) {
  return BoundsOf<uint64_t>(stream, name, true);
}

// Offsets in the comments are those inside the metadata.
std::span<const uint8_t> EmptySchemaMessage() {
  static constexpr uint8_t kBytes[] = {
      0xFF, 0xFF, 0xFF, 0xFF, 0x38, 0x00, 0x00, 0x00,  // prefix
      0x10, 0x00, 0x00, 0x00,                          // 00: root at 16
      0x0A, 0x00, 0x0C, 0x00, 0x04, 0x00, 0x06, 0x00,  // 04: vtable of Message: 10 bytes, 3 slots
      0x08, 0x00, 0x00, 0x00,                          // 0C: slot 2, padding
      0x0C, 0x00, 0x00, 0x00,                          // 10: Message: vtable at 16 - 12 = 4
      0x04, 0x00,                                      // 14: version V5
      0x01, 0x00,                                      // 16: header_type Schema, padding
      0x0C, 0x00, 0x00, 0x00,                          // 18: header: table at 24 + 12 = 36
      0x08, 0x00, 0x08, 0x00, 0x00, 0x00, 0x04, 0x00,  // 1C: vtable of Schema: slot 1 at 4
      0x08, 0x00, 0x00, 0x00,                          // 24: Schema: vtable at 36 - 8 = 28
      0x04, 0x00, 0x00, 0x00,                          // 28: fields: vector at 40 + 4 = 44
      0x00, 0x00, 0x00, 0x00,                          // 2C: of size 0
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // 30: padding to 56
  };
  return kBytes;
}

}  // namespace theflash
