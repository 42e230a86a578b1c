#include "binlog/row_kernel.h"

#include "binlog/column.h"
#include "binlog/target_rows.h"
#include "binlog/values.h"

namespace theflash::binlog {
namespace {

// One call: the rows that are appended to, and the event.
class Call {
 public:
  Call(Shared* shared, const uint8_t* rows, size_t rows_len)
      : shared_(shared),
        target_(shared),
        begin_(rows),
        end_(rows + rows_len),
        null_bytes_((target_.columns() + 7) / 8) {}

  Outcome Run(Change change) {
    const uint8_t* at = begin_ + static_cast<int64_t>(shared_->at);
    Outcome outcome = Outcome::kDone;
    while (at < end_) {
      const int64_t first_row = target_.row();
      const uint8_t* next = at;
      outcome = change == Change::kUpdate ? AppendUpdate(&next)
                                          : AppendImage(&next, change == Change::kDelete ? 1 : 0);
      if (outcome != Outcome::kDone) {
        // A row that went away with its key is taken back with the one that comes.
        if (target_.row() != first_row) outcome = Outcome::kLeftToReference;
        break;
      }
      at = next;
    }
    shared_->at = static_cast<double>(at - begin_);
    target_.Close();
    return outcome;
  }

 private:
  // Where an image ends; nullptr where the event ends first.
  const uint8_t* Skip(const uint8_t* image) const {
    const uint8_t* at = image + null_bytes_;
    if (at > end_ || null_bytes_ == 0) return nullptr;
    for (int32_t i = 0; i < target_.columns(); ++i) {
      if (IsNull(image, i)) continue;
      if (!Find(target_.layout(i).width, &at)) return nullptr;
    }
    return at;
  }

  static bool IsNull(const uint8_t* image, int32_t i) {
    return (image[i >> 3] >> (i & 7) & 1) != 0;
  }

  // Steps over a value and its length; false where the event ends first. `from`: where it starts.
  bool Find(int32_t width, const uint8_t** at, const uint8_t** from = nullptr) const {
    const int64_t left = end_ - *at;
    int64_t size = width;
    if (width < 0) {
      if (left < -width) return false;
      size = 0;
      for (int32_t i = 0; i < -width; ++i) size |= static_cast<int64_t>((*at)[i]) << (8 * i);
      *at += -width;
      if (size > left + width) return false;
    } else if (size > left) {
      return false;
    }
    if (from != nullptr) *from = *at;
    *at += size;
    return true;
  }

  // An update is the row after it, and before that the old one where its key goes away.
  Outcome AppendUpdate(const uint8_t** at) {
    const uint8_t* before = *at;
    const uint8_t* after = Skip(before);
    if (after == nullptr || after >= end_) return Outcome::kLeftToReference;
    bool same = false;
    if (target_.has_key() && !HasSameKey(before, after, &same)) return Outcome::kLeftToReference;
    if (!same) {
      if (!target_.HasRoom(2)) return Outcome::kNeedsRows;
      const Outcome outcome = AppendImage(&before, 1);
      if (outcome != Outcome::kDone) return outcome;
    }
    *at = after;
    return AppendImage(at, 0);
  }

  bool HasSameKey(const uint8_t* left, const uint8_t* right, bool* same) const {
    const uint8_t* left_at = left + null_bytes_;
    const uint8_t* right_at = right + null_bytes_;
    if (right_at > end_) return false;
    for (int32_t i = 0; i < target_.columns(); ++i) {
      const int32_t width = target_.layout(i).width;
      const uint8_t* left_from = left_at;
      const uint8_t* right_from = right_at;
      const bool left_null = IsNull(left, i);
      const bool right_null = IsNull(right, i);
      if (!left_null && !Find(width, &left_at, &left_from)) return false;
      if (!right_null && !Find(width, &right_at, &right_from)) return false;
      if (target_.layout(i).is_key == 0) continue;
      // The reference decoder says what a key that is NULL means.
      if (left_null || right_null) return false;
      const int64_t size = left_at - left_from;
      if (size != right_at - right_from ||
          std::memcmp(left_from, right_from, static_cast<size_t>(size)) != 0) {
        return true;
      }
    }
    *same = true;
    return true;
  }

  Outcome AppendImage(const uint8_t** image_at, uint8_t delmark) {
    if (!target_.HasRoom(1)) return Outcome::kNeedsRows;
    const uint8_t* image = *image_at;
    const uint8_t* at = image + null_bytes_;
    if (at > end_ || null_bytes_ == 0) return Outcome::kLeftToReference;
    for (int32_t i = 0; i < target_.columns(); ++i) {
      target_.BeginValue(i);
      const Outcome outcome = IsNull(image, i) ? target_.AppendNull(i) : AppendValue(i, &at);
      if (outcome != Outcome::kDone) {
        target_.UndoRow(i);
        return outcome;
      }
    }
    target_.EndRow(delmark);
    *image_at = at;
    return Outcome::kDone;
  }

  Outcome AppendValue(int32_t i, const uint8_t** at) {
    const ColumnLayout& layout = target_.layout(i);
    const uint8_t* from = *at;
    if (!Find(layout.width, at, &from)) return Outcome::kLeftToReference;
    int64_t need = 0;
    const Value value =
        WriteValue(layout, target_.aux(), from, *at, target_.column(i), target_.row(), &need);
    return target_.EndValue(i, value, need);
  }

  Shared* const shared_;
  TargetRows target_;
  const uint8_t* const begin_;
  const uint8_t* const end_;
  const int32_t null_bytes_;
};

}  // namespace

Outcome AppendRows(Shared* shared, const uint8_t* rows, size_t rows_len, Change change) {
  return Call(shared, rows, rows_len).Run(change);
}

}  // namespace theflash::binlog
