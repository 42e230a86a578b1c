#include "binlog/row_kernel.h"

#include <vector>

#include "binlog/column.h"
#include "binlog/values.h"

namespace theflash::binlog {
namespace {

// The layout that the caller shares: a head, and then the columns of an image.
struct LayoutHead {
  int32_t columns;
  int32_t targets;
  int32_t has_key;
};

template <typename T>
T* Address(double address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

// One call: the columns as they are now, and the event.
class Call {
 public:
  Call(Shared* shared, const uint8_t* rows, size_t rows_len)
      : shared_(shared),
        columns_(reinterpret_cast<SharedColumn*>(shared + 1)),
        head_(*Address<const LayoutHead>(shared->layout)),
        layouts_(
            reinterpret_cast<const ColumnLayout*>(Address<const LayoutHead>(shared->layout) + 1)),
        aux_(Address<const uint8_t>(shared->aux)),
        delmarks_(Address<uint8_t>(shared->delmarks)),
        begin_(rows),
        end_(rows + rows_len),
        null_bytes_((head_.columns + 7) / 8),
        row_(static_cast<int64_t>(shared->row)),
        row_capacity_(static_cast<int64_t>(shared->row_capacity)),
        targets_(Targets()) {
    for (int32_t i = 0; i < head_.targets; ++i) Open(columns_[i], &targets_[i]);
  }

  Outcome Run(Change change) {
    const uint8_t* at = begin_ + static_cast<int64_t>(shared_->at);
    Outcome outcome = Outcome::kDone;
    while (at < end_) {
      const int64_t first_row = row_;
      const uint8_t* next = at;
      outcome = change == Change::kUpdate ? AppendUpdate(&next)
                                          : AppendImage(&next, change == Change::kDelete ? 1 : 0);
      if (outcome != Outcome::kDone) {
        // A row that went away with its key is taken back with the one that comes.
        if (row_ != first_row) outcome = Outcome::kLeftToReference;
        break;
      }
      at = next;
    }
    shared_->row = static_cast<double>(row_);
    shared_->at = static_cast<double>(at - begin_);
    for (int32_t i = 0; i < head_.targets; ++i) Close(targets_[i], &columns_[i]);
    return outcome;
  }

 private:
  // Kept between calls: a wide table has thousands of columns.
  std::vector<Column>& Targets() const {
    static thread_local std::vector<Column> targets;
    if (targets.size() < static_cast<size_t>(head_.targets)) targets.resize(head_.targets);
    return targets;
  }

  static void Open(const SharedColumn& shared, Column* column) {
    column->values = Address<uint8_t>(shared.values);
    column->offsets = Address<int32_t>(shared.offsets);
    column->validity = Address<uint8_t>(shared.validity);
    column->data = Address<uint8_t>(shared.data);
    column->length = static_cast<int64_t>(shared.data_length);
    column->capacity = static_cast<int64_t>(shared.data_capacity);
    column->null_count = static_cast<int64_t>(shared.null_count);
    column->zero_dates = static_cast<int64_t>(shared.zero_dates);
    column->row_null = false;
    column->row_zero = false;
  }

  static void Close(const Column& column, SharedColumn* shared) {
    shared->data_length = static_cast<double>(column.length);
    shared->null_count = static_cast<double>(column.null_count);
    shared->zero_dates = static_cast<double>(column.zero_dates);
  }

  // Where an image ends; nullptr where the event ends first. `starts` gets where each value of the
  // key lies, as far as there is room.
  const uint8_t* Skip(const uint8_t* image) const {
    const uint8_t* at = image + null_bytes_;
    if (at > end_ || null_bytes_ == 0) return nullptr;
    for (int32_t i = 0; i < head_.columns; ++i) {
      if (IsNull(image, i)) continue;
      if (!Find(layouts_[i].width, &at)) return nullptr;
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
    if (head_.has_key != 0 && !HasSameKey(before, after, &same)) return Outcome::kLeftToReference;
    if (!same) {
      if (row_ + 2 > row_capacity_) return Outcome::kNeedsRows;
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
    for (int32_t i = 0; i < head_.columns; ++i) {
      const int32_t width = layouts_[i].width;
      const uint8_t* left_from = left_at;
      const uint8_t* right_from = right_at;
      const bool left_null = IsNull(left, i);
      const bool right_null = IsNull(right, i);
      if (!left_null && !Find(width, &left_at, &left_from)) return false;
      if (!right_null && !Find(width, &right_at, &right_from)) return false;
      if (layouts_[i].is_key == 0) continue;
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
    if (row_ >= row_capacity_) return Outcome::kNeedsRows;
    const uint8_t* image = *image_at;
    const uint8_t* at = image + null_bytes_;
    if (at > end_ || null_bytes_ == 0) return Outcome::kLeftToReference;
    for (int32_t i = 0; i < head_.columns; ++i) {
      const ColumnLayout& layout = layouts_[i];
      Column* column = &targets_[layout.target];
      column->row_start = column->length;
      const Outcome outcome =
          IsNull(image, i) ? AppendNull(layout, column) : AppendValue(layout, column, &at);
      if (outcome != Outcome::kDone) {
        UndoRow(i);
        return outcome;
      }
    }
    EndRow(delmark);
    *image_at = at;
    return Outcome::kDone;
  }

  Outcome AppendValue(const ColumnLayout& layout, Column* column, const uint8_t** at) {
    const uint8_t* from = *at;
    if (!Find(layout.width, at, &from)) return Outcome::kLeftToReference;
    int64_t need = 0;
    switch (WriteValue(layout, aux_, from, *at, column, row_, &need)) {
      case Value::kWritten:
        if (column->offsets != nullptr)
          column->offsets[row_ + 1] = static_cast<int32_t>(column->length);
        return Outcome::kDone;
      case Value::kZeroDate:
        column->row_zero = true;
        return AppendNull(layout, column);
      case Value::kNeedsData:
        shared_->need_column = layout.target;
        shared_->need_bytes = static_cast<double>(need);
        return Outcome::kNeedsData;
      case Value::kRare:
        break;
    }
    return Outcome::kLeftToReference;
  }

  Outcome AppendNull(const ColumnLayout& layout, Column* column) {
    if (layout.nullable == 0) return Outcome::kLeftToReference;
    if (column->validity == nullptr) {
      shared_->need_column = layout.target;
      return Outcome::kNeedsValidity;
    }
    column->validity[row_ >> 3] &= static_cast<uint8_t>(~(1 << (row_ & 7)));
    column->row_null = true;
    if (column->offsets != nullptr)
      column->offsets[row_ + 1] = static_cast<int32_t>(column->length);
    return Outcome::kDone;
  }

  void EndRow(uint8_t delmark) {
    for (int32_t i = 0; i < head_.columns; ++i) {
      Column* column = &targets_[layouts_[i].target];
      column->null_count += column->row_null ? 1 : 0;
      column->zero_dates += column->row_zero ? 1 : 0;
      column->row_null = false;
      column->row_zero = false;
    }
    delmarks_[row_++] = delmark;
  }

  // Takes back what the row has in columns 0 to `last`. Fixed values are written over.
  void UndoRow(int32_t last) {
    for (int32_t i = 0; i <= last; ++i) {
      Column* column = &targets_[layouts_[i].target];
      column->length = column->row_start;
      if (column->row_null) column->validity[row_ >> 3] |= static_cast<uint8_t>(1 << (row_ & 7));
      column->row_null = false;
      column->row_zero = false;
    }
  }

  Shared* const shared_;
  SharedColumn* const columns_;
  const LayoutHead head_;
  const ColumnLayout* const layouts_;
  const uint8_t* const aux_;
  uint8_t* const delmarks_;
  const uint8_t* const begin_;
  const uint8_t* const end_;
  const int32_t null_bytes_;
  int64_t row_;
  const int64_t row_capacity_;
  std::vector<Column>& targets_;
};

}  // namespace

Outcome AppendRows(Shared* shared, const uint8_t* rows, size_t rows_len, Change change) {
  return Call(shared, rows, rows_len).Run(change);
}

}  // namespace theflash::binlog
