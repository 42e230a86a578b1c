// The rows of a builder that a call appends to. A header, so that the compiler sees the row loop
// and what it does for a value at once.
#ifndef THEFLASH_BINLOG_TARGET_ROWS_H_
#define THEFLASH_BINLOG_TARGET_ROWS_H_

#include <cstdint>
#include <vector>

#include "binlog/column.h"
#include "binlog/row_kernel.h"

namespace theflash::binlog {

// The layout that the caller shares: a head, and then the columns of a row.
struct LayoutHead {
  int32_t columns;
  int32_t targets;
  int32_t has_key;
};

template <typename T>
T* Address(double address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

// Appends values column by column, row by row: BeginValue, then EndValue or AppendNull, for each
// column, then EndRow; or UndoRow, after which the row is as if it had never begun.
class TargetRows {
 public:
  explicit TargetRows(Shared* shared)
      : shared_(shared),
        shared_columns_(reinterpret_cast<SharedColumn*>(shared + 1)),
        head_(*Address<const LayoutHead>(shared->layout)),
        layouts_(
            reinterpret_cast<const ColumnLayout*>(Address<const LayoutHead>(shared->layout) + 1)),
        aux_(Address<const uint8_t>(shared->aux)),
        delmarks_(Address<uint8_t>(shared->delmarks)),
        row_(static_cast<int64_t>(shared->row)),
        row_capacity_(static_cast<int64_t>(shared->row_capacity)),
        targets_(Targets(head_.targets)) {
    for (int32_t i = 0; i < head_.targets; ++i) Open(shared_columns_[i], &targets_[i]);
  }

  // Tells the caller how far it came.
  void Close() {
    shared_->row = static_cast<double>(row_);
    for (int32_t i = 0; i < head_.targets; ++i) {
      shared_columns_[i].data_length = static_cast<double>(targets_[i].length);
      shared_columns_[i].null_count = static_cast<double>(targets_[i].null_count);
      shared_columns_[i].zero_dates = static_cast<double>(targets_[i].zero_dates);
    }
  }

  int32_t columns() const { return head_.columns; }
  bool has_key() const { return head_.has_key != 0; }
  int64_t row() const { return row_; }
  const uint8_t* aux() const { return aux_; }
  const ColumnLayout& layout(int32_t i) const { return layouts_[i]; }
  Column* column(int32_t i) { return &targets_[layouts_[i].target]; }
  bool HasRoom(int64_t rows) const { return row_ + rows <= row_capacity_; }

  void BeginValue(int32_t i) {
    Column* own = column(i);
    own->row_start = own->length;
  }

  // What comes of a value that was written, or was not.
  Outcome EndValue(int32_t i, Value value, int64_t need) {
    Column* own = column(i);
    switch (value) {
      case Value::kWritten:
        if (own->offsets != nullptr) own->offsets[row_ + 1] = static_cast<int32_t>(own->length);
        return Outcome::kDone;
      case Value::kZeroDate:
        own->row_zero = true;
        return AppendNull(i);
      case Value::kNeedsData:
        shared_->need_column = layouts_[i].target;
        shared_->need_bytes = static_cast<double>(need);
        return Outcome::kNeedsData;
      case Value::kRare:
        break;
    }
    return Outcome::kLeftToReference;
  }

  Outcome AppendNull(int32_t i) {
    Column* own = column(i);
    if (layouts_[i].nullable == 0) return Outcome::kLeftToReference;
    if (own->validity == nullptr) {
      shared_->need_column = layouts_[i].target;
      return Outcome::kNeedsValidity;
    }
    own->validity[row_ >> 3] &= static_cast<uint8_t>(~(1 << (row_ & 7)));
    own->row_null = true;
    if (own->offsets != nullptr) own->offsets[row_ + 1] = static_cast<int32_t>(own->length);
    return Outcome::kDone;
  }

  void EndRow(uint8_t delmark) {
    for (int32_t i = 0; i < head_.columns; ++i) {
      Column* own = column(i);
      own->null_count += own->row_null ? 1 : 0;
      own->zero_dates += own->row_zero ? 1 : 0;
      own->row_null = false;
      own->row_zero = false;
    }
    delmarks_[row_++] = delmark;
  }

  // Takes back what the row has in columns 0 to `last`. Fixed values are written over.
  void UndoRow(int32_t last) {
    for (int32_t i = 0; i <= last; ++i) {
      Column* own = column(i);
      own->length = own->row_start;
      if (own->row_null) own->validity[row_ >> 3] |= static_cast<uint8_t>(1 << (row_ & 7));
      own->row_null = false;
      own->row_zero = false;
    }
  }

 private:
  // Kept between calls: a wide table has thousands of columns.
  static std::vector<Column>& Targets(int32_t count) {
    static thread_local std::vector<Column> targets;
    if (targets.size() < static_cast<size_t>(count)) targets.resize(count);
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

  Shared* const shared_;
  SharedColumn* const shared_columns_;
  const LayoutHead head_;
  const ColumnLayout* const layouts_;
  const uint8_t* const aux_;
  uint8_t* const delmarks_;
  int64_t row_;
  const int64_t row_capacity_;
  std::vector<Column>& targets_;
};

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_TARGET_ROWS_H_
