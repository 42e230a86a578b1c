#include "binlog/text_rows.h"

#include "binlog/column.h"
#include "binlog/target_rows.h"
#include "binlog/text_values.h"

namespace theflash::binlog {
namespace {

constexpr int64_t kHeaderBytes = 4;
// A row of this size goes on in the next packet.
constexpr int64_t kPacketMax = 0xffffff;
// A packet that begins with 254 and is shorter ends the rows.
constexpr int64_t kEofMax = 9;
constexpr uint8_t kNull = 0xfb;
constexpr uint8_t kLength2 = 0xfc;
constexpr uint8_t kLength3 = 0xfd;
constexpr uint8_t kEof = 0xfe;

// One call: the rows that are appended to, and the packets.
class TextCall {
 public:
  TextCall(Shared* shared, const uint8_t* packets, size_t packets_len)
      : shared_(shared), target_(shared), begin_(packets), end_(packets + packets_len) {}

  Outcome Run(uint8_t sequence) {
    const uint8_t* at = begin_ + static_cast<int64_t>(shared_->at);
    Outcome outcome = Outcome::kDone;
    while (end_ - at >= kHeaderBytes) {
      const int64_t size = at[0] | at[1] << 8 | at[2] << 16;
      const uint8_t* row = at + kHeaderBytes;
      if (size > end_ - row) break;
      if (size == 0 || size == kPacketMax || at[3] != sequence ||
          (*row >= kEof && size < kEofMax)) {
        outcome = Outcome::kLeftToReference;
        break;
      }
      outcome = AppendRow(row, row + size);
      if (outcome != Outcome::kDone) break;
      at = row + size;
      ++sequence;
    }
    shared_->at = static_cast<double>(at - begin_);
    target_.Close();
    return outcome;
  }

 private:
  Outcome AppendRow(const uint8_t* at, const uint8_t* end) {
    if (!target_.HasRoom(1)) return Outcome::kNeedsRows;
    for (int32_t i = 0; i < target_.columns(); ++i) {
      target_.BeginValue(i);
      const Outcome outcome = AppendField(i, &at, end);
      if (outcome != Outcome::kDone) {
        target_.UndoRow(i);
        return outcome;
      }
    }
    if (at != end) {
      target_.UndoRow(target_.columns() - 1);
      return Outcome::kLeftToReference;
    }
    target_.EndRow(0);
    return Outcome::kDone;
  }

  Outcome AppendField(int32_t i, const uint8_t** at, const uint8_t* end) {
    if (*at >= end) return Outcome::kLeftToReference;
    int64_t size = *(*at)++;
    if (size == kNull) return target_.AppendNull(i);
    if (size >= kLength2) {
      // Longer values than of 16 MiB lie in more than one packet.
      if (size > kLength3) return Outcome::kLeftToReference;
      const int64_t bytes = size == kLength2 ? 2 : 3;
      if (bytes > end - *at) return Outcome::kLeftToReference;
      size = (*at)[0] | (*at)[1] << 8 | (bytes == 3 ? (*at)[2] << 16 : 0);
      *at += bytes;
    }
    if (size > end - *at) return Outcome::kLeftToReference;
    const uint8_t* from = *at;
    *at += size;
    int64_t need = 0;
    const Value value = WriteTextValue(target_.layout(i), target_.aux(), from, *at,
                                       target_.column(i), target_.row(), &need);
    return target_.EndValue(i, value, need);
  }

  Shared* const shared_;
  TargetRows target_;
  const uint8_t* const begin_;
  const uint8_t* const end_;
};

}  // namespace

Outcome AppendTextRows(Shared* shared, const uint8_t* packets, size_t packets_len,
                       uint8_t sequence) {
  return TextCall(shared, packets, packets_len).Run(sequence);
}

}  // namespace theflash::binlog
