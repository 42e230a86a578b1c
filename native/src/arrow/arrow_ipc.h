// Splits Arrow IPC streams into messages, and reads the little of them that ch.so needs to know.
#ifndef THEFLASH_ARROW_ARROW_IPC_H_
#define THEFLASH_ARROW_ARROW_IPC_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace theflash {

// Message types of Arrow's format/Message.fbs, union MessageHeader.
enum class ArrowHeader : uint8_t { kSchema = 1, kDictionaryBatch = 2, kRecordBatch = 3 };

// One encapsulated message: a view of the bytes that it was read from.
struct ArrowMessage {
  ArrowHeader header = ArrowHeader::kSchema;
  std::span<const uint8_t> bytes;     // prefix, metadata and body
  std::span<const uint8_t> metadata;  // the flatbuffer alone
  uint64_t rows = 0;                  // of a record batch
  bool compressed = false;            // a record batch with compressed buffers
};

// Walks the messages of one IPC stream. Every length is checked against the bytes at hand; what
// does not fit throws Error(TF_INVALID). Nothing is copied or allocated.
class ArrowReader {
 public:
  explicit ArrowReader(std::span<const uint8_t> stream) : rest_(stream) {}

  // The next message; nothing after the end-of-stream marker or where the bytes end between two
  // messages.
  std::optional<ArrowMessage> Next();

 private:
  std::span<const uint8_t> rest_;
};

// Names of the top-level fields of a schema message, in order.
std::vector<std::string> FieldNames(const ArrowMessage& schema);

// A copy of a schema message whose top-level field `index` is called `names[index]`, which must be
// as long in bytes as the name that it replaces.
std::vector<uint8_t> RenameFields(const ArrowMessage& schema,
                                  const std::vector<std::string>& names);

// The bounds of a field's values.
template <typename Integer>
struct FieldBounds {
  Integer min;
  Integer max;
};

// Bounds of the values of the first or the last field of a whole stream: unsigned integers without
// NULLs, the field being called `name`, in one record batch that is not compressed. Nothing where
// the stream is of another kind, or has no rows.
std::optional<FieldBounds<uint8_t>> BoundsOfFirstField(std::span<const uint8_t> stream,
                                                       std::string_view name);
std::optional<FieldBounds<uint64_t>> BoundsOfLastField(std::span<const uint8_t> stream,
                                                       std::string_view name);

// A schema message without any field.
std::span<const uint8_t> EmptySchemaMessage();

}  // namespace theflash

#endif  // THEFLASH_ARROW_ARROW_IPC_H_
